#include "kernels/attention.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/half.hpp"
#include "kernels/values.hpp"

namespace {

using namespace ondol;

/// Keys and values of one kv head, [positions][head_dim], stored position by position.
struct Store {
  Store(const std::vector<float>& keys, const std::vector<float>& values, std::size_t dim, CacheType kind, Isa isa,
        std::byte fill = std::byte(0xFF))
      : head_dim(dim), type(kind) {
    const std::size_t positions = keys.size() / dim;
    const std::size_t blocks = (positions + cache_block - 1) / cache_block;
    for (std::size_t b = 0; b < blocks; ++b) {  // what is not stored reads as NaN
      key_blocks.emplace_back(cache_head_bytes(kind, dim), fill);
      value_blocks.emplace_back(cache_head_bytes(kind, dim), fill);
    }
    for (std::size_t p = 0; p < positions; ++p) {
      kernels(isa).attention->store(&keys[p * dim], &values[p * dim], dim, dim, p % cache_block, kind,
                                    key_blocks[p / cache_block].data(), value_blocks[p / cache_block].data());
    }
  }

  std::size_t head_dim;
  CacheType type;
  std::vector<std::vector<std::byte>> key_blocks, value_blocks;
};

struct Row {
  std::uint32_t first, end;
};

/// The rows' results in one task. Row r's query begins at queries[r * head_dim].
std::vector<float> attend(const Store& store, const std::vector<float>& queries, const std::vector<Row>& rows,
                          float scale, Isa isa) {
  const std::size_t dim = store.head_dim;
  std::vector<const float*> query;
  std::vector<float*> out;
  std::vector<std::uint32_t> first, end;
  std::vector<float> result(rows.size() * dim, 42.0f);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    query.push_back(&queries[r * dim]);
    out.push_back(&result[r * dim]);
    first.push_back(rows[r].first);
    end.push_back(rows[r].end);
  }
  std::vector<const std::byte*> keys, values;
  for (const auto& block : store.key_blocks) keys.push_back(block.data());
  for (const auto& block : store.value_blocks) values.push_back(block.data());
  std::vector<float> scratch(attention_scratch(rows.size(), dim, dim) + 1, NAN);
  scratch.back() = 42.0f;
  kernels(isa).attention->attend({.queries = query.data(),
                                  .out = out.data(),
                                  .first = first.data(),
                                  .end = end.data(),
                                  .rows = rows.size(),
                                  .keys = keys.data(),
                                  .values = values.data(),
                                  .key_dim = dim,
                                  .value_dim = dim,
                                  .scale = scale,
                                  .type = store.type,
                                  .scratch = scratch.data()});
  CHECK(scratch.back() == 42.0f);
  return result;
}

/// One row in double precision, over float32 keys and values.
std::vector<double> exact(const std::vector<float>& keys, const std::vector<float>& values, const float* query,
                          std::size_t dim, Row row, float scale) {
  std::vector<double> weights, out(dim);
  double most = -1e300;
  double total = 0;
  for (std::uint32_t p = row.first; p < row.end; ++p) {
    double score = 0;
    for (std::size_t d = 0; d < dim; ++d) score += double(query[d]) * keys[p * dim + d];
    weights.push_back(score * scale);
    most = std::max(most, weights.back());
  }
  for (double& w : weights) total += w = std::exp(w - most);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    for (std::size_t d = 0; d < dim; ++d) out[d] += weights[i] / total * values[(row.first + i) * dim + d];
  }
  return out;
}

/// Rows that see beginnings, ends, middles, single positions and all of `positions`.
std::vector<Row> some_rows(std::uint32_t positions, std::size_t count) {
  std::mt19937 generator(5);
  std::vector<Row> rows = {{0, positions}, {0, 1}, {positions - 1, positions}};
  while (rows.size() < count) {
    const std::uint32_t a = generator() % positions;
    const std::uint32_t b = generator() % positions;
    rows.push_back(rows.size() % 3 == 0 ? Row{std::min(a, b), std::max(a, b) + 1} : Row{0, a + 1});
  }
  return rows;
}

/// A dimension of a stored key, as it reads back.
float stored_key(const Store& store, std::size_t block, std::size_t position, std::size_t d) {
  const std::byte* bytes = store.key_blocks[block].data();
  const std::size_t at = d * cache_block + position;
  switch (store.type) {
    case CacheType::f32: return reinterpret_cast<const float*>(bytes)[at];
    case CacheType::f16: return half_to_float(reinterpret_cast<const std::uint16_t*>(bytes)[at]);
    case CacheType::bf16: return bfloat_to_float(reinterpret_cast<const std::uint16_t*>(bytes)[at]);
    case CacheType::q8_0: break;
  }
  const auto* scales = reinterpret_cast<const std::uint16_t*>(bytes + cache_block * store.head_dim);
  return half_to_float(scales[d / 32 * cache_block + position]) *
         float(reinterpret_cast<const std::int8_t*>(bytes)[at]);
}

constexpr CacheType types[] = {CacheType::f32, CacheType::f16, CacheType::bf16, CacheType::q8_0};

}  // namespace

TEST_CASE("attention: by hand, causal and full") {  // EXAMPLES T41
  const std::vector<float> q{1, 0, 0, 1, 1, 1}, k{1, 0, 1, 1, 0, 2}, v{1, 0, 0, 1, 2, 2};
  const float scale = 1.0f / std::sqrt(2.0f);
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    const Store store(k, v, 2, CacheType::f32, isa);
    const auto check = [&](const std::vector<Row>& rows, const std::vector<double>& expected) {
      const auto out = attend(store, q, rows, scale, isa);
      for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(out[i] - expected[i]) <= 1e-6);
    };
    check({{0, 1}, {0, 2}, {0, 3}}, {1.0, 0.0, 0.330238, 0.669762, 1.0, 1.203336});
    check({{0, 3}, {0, 3}, {0, 3}}, {0.796664, 0.796664, 1.29198, 1.435946, 1.0, 1.203336});
  }
}

TEST_CASE("attention: close to double precision for every type and head size") {
  for (const std::size_t dim : {8, 32, 48, 64, 80, 96, 128, 200, 256}) {
    for (const CacheType type : types) {
      if (type == CacheType::q8_0 && dim % 32 != 0) continue;
      CAPTURE(dim);
      CAPTURE(int(type));
      const std::uint32_t positions = 300;
      const auto keys = test::normal(positions * dim, 1), values = test::normal(positions * dim, 2);
      const auto rows = some_rows(positions, 20);
      const auto queries = test::normal(rows.size() * dim, 3);
      const float scale = 1.0f / std::sqrt(float(dim));
      const Isa isa = available_isas().back();
      const auto out = attend({keys, values, dim, type, isa}, queries, rows, scale, isa);
      const double allowed = type == CacheType::f32 ? 2e-6 : type == CacheType::f16 ? 2e-3 : 2e-2;
      double worst = 0;
      for (std::size_t r = 0; r < rows.size(); ++r) {
        const auto expected = exact(keys, values, &queries[r * dim], dim, rows[r], scale);
        for (std::size_t d = 0; d < dim; ++d) worst = std::max(worst, std::abs(out[r * dim + d] - expected[d]));
      }
      CHECK(worst <= allowed);
    }
  }
}

TEST_CASE("attention: the same bits on every instruction set, alone and with any tile mates") {
  for (const std::size_t dim : {8, 64, 80, 96}) {
    for (const CacheType type : types) {
      if (type == CacheType::q8_0 && dim % 32 != 0) continue;
      CAPTURE(dim);
      CAPTURE(int(type));
      const std::uint32_t positions = 200;
      const auto keys = test::normal(positions * dim, 1, 3.0f), values = test::normal(positions * dim, 2);
      auto rows = some_rows(positions, 64);
      const auto queries = test::normal(rows.size() * dim, 3);
      const float scale = 1.0f / std::sqrt(float(dim));
      const auto expected = attend({keys, values, dim, type, Isa::base}, queries, rows, scale, Isa::base);
      for (const Isa isa : available_isas()) {
        CAPTURE(isa_name(isa));
        const Store store(keys, values, dim, type, isa);
        CHECK(test::same(attend(store, queries, rows, scale, isa), expected));
        for (const std::size_t count : {1, 2, 3, 5, 6, 7, 13}) {  // other tiles: all in runs of so many rows
          for (std::size_t r = 0; r < rows.size(); r += count) {
            const std::size_t n = std::min(count, rows.size() - r);
            const std::vector<float> some(queries.begin() + r * dim, queries.begin() + (r + n) * dim);
            const auto out = attend(store, some, {rows.begin() + r, rows.begin() + r + n}, scale, isa);
            CHECK(test::same(out, {expected.begin() + r * dim, expected.begin() + (r + n) * dim}));
          }
        }
      }
    }
  }
}

TEST_CASE("attention: values that are the first part of their keys") {
  for (const auto& [key_dim, value_dim] : {std::pair<std::size_t, std::size_t>{24, 16}, {40, 10}, {96, 64}, {96, 96}}) {
    for (const CacheType type : types) {
      if (type == CacheType::q8_0 && key_dim % 32 != 0) continue;
      CAPTURE(value_dim);
      CAPTURE(int(type));
      const std::uint32_t positions = 150;
      const auto keys = test::normal(positions * key_dim, 1);
      const auto rows = some_rows(positions, 20);
      const auto queries = test::normal(rows.size() * key_dim, 3);
      std::vector<float> reference;
      for (const Isa isa : available_isas()) {
        CAPTURE(isa_name(isa));
        // Their own values: what the keys read back as, in float32 where they are stored otherwise.
        const Store store(keys, keys, key_dim, type, isa);
        std::vector<std::vector<std::byte>> wide(store.key_blocks.size());
        for (std::size_t b = 0; b < wide.size(); ++b) {
          wide[b].resize(cache_head_bytes(CacheType::f32, value_dim));
          auto* to = reinterpret_cast<float*>(wide[b].data());
          for (std::size_t p = 0; p < cache_block; ++p) {
            for (std::size_t d = 0; d < value_dim; ++d) to[p * value_dim + d] = stored_key(store, b, p, d);
          }
        }
        std::vector<const float*> query;
        std::vector<std::uint32_t> first, end;
        for (std::size_t r = 0; r < rows.size(); ++r) {
          query.push_back(&queries[r * key_dim]);
          first.push_back(rows[r].first);
          end.push_back(rows[r].end);
        }
        std::vector<const std::byte*> key_blocks, value_blocks;
        for (const auto& block : store.key_blocks) key_blocks.push_back(block.data());
        for (const auto& block : wide) value_blocks.push_back(block.data());
        std::vector<float> scratch(attention_scratch(rows.size(), key_dim, value_dim), NAN);
        const auto run = [&](const std::byte* const* values, std::vector<const std::byte*> blocks, CacheType kind) {
          std::vector<float> result(rows.size() * value_dim, 42.0f);
          std::vector<float*> out;
          for (std::size_t r = 0; r < rows.size(); ++r) out.push_back(&result[r * value_dim]);
          kernels(isa).attention->attend({.queries = query.data(),
                                          .out = out.data(),
                                          .first = first.data(),
                                          .end = end.data(),
                                          .rows = rows.size(),
                                          .keys = blocks.data(),
                                          .values = values,
                                          .key_dim = key_dim,
                                          .value_dim = value_dim,
                                          .scale = 0.2f,
                                          .type = kind,
                                          .scratch = scratch.data()});
          return result;
        };
        const auto out = run(nullptr, key_blocks, type);
        if (type == CacheType::f32) CHECK(test::same(out, run(value_blocks.data(), key_blocks, type)));
        for (std::size_t r = 0; r < rows.size(); ++r) {
          double total = 0;
          std::vector<double> expected(value_dim), weights;
          double most = -1e300;
          for (std::uint32_t p = rows[r].first; p < rows[r].end; ++p) {
            double score = 0;
            for (std::size_t d = 0; d < key_dim; ++d) {
              score += double(queries[r * key_dim + d]) * stored_key(store, p / cache_block, p % cache_block, d);
            }
            weights.push_back(0.2f * score);
            most = std::max(most, weights.back());
          }
          for (double& w : weights) total += w = std::exp(w - most);
          double worst = 0;
          for (std::size_t d = 0; d < value_dim; ++d) {
            for (std::size_t i = 0; i < weights.size(); ++i) {
              const std::size_t p = rows[r].first + i;
              expected[d] += weights[i] / total * stored_key(store, p / cache_block, p % cache_block, d);
            }
            worst = std::max(worst, std::fabs(out[r * value_dim + d] - expected[d]));
          }
          CHECK(worst <= 2e-6);
        }
        if (reference.empty()) reference = out;
        CHECK(test::same(out, reference));
      }
    }
  }
}

TEST_CASE("attention: what a row does not see cannot touch it, a NaN it sees does") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const std::size_t dim = 64;
  const std::uint32_t positions = 150;
  const auto queries = test::normal(8 * dim, 3);
  const std::vector<Row> rows = {{0, 70}, {0, 71}, {0, 72}, {0, 73}, {72, 150}, {73, 150}, {73, 80}, {0, 150}};
  for (const CacheType type : types) {
    for (const Isa isa : available_isas()) {
      CAPTURE(isa_name(isa));
      CAPTURE(int(type));
      auto keys = test::normal(positions * dim, 1), values = test::normal(positions * dim, 2);
      const auto clean = attend({keys, values, dim, type, isa}, queries, rows, 0.125f, isa);
      for (const bool in_key : {true, false}) {
        auto k = keys, v = values;
        (in_key ? k : v)[72 * dim + 5] = nan;
        const auto out = attend({k, v, dim, type, isa}, queries, rows, 0.125f, isa);
        for (std::size_t r = 0; r < rows.size(); ++r) {
          CAPTURE(r);
          const bool sees = rows[r].first <= 72 && 72 < rows[r].end;
          if (!sees)
            CHECK(test::same({out.begin() + r * dim, out.begin() + (r + 1) * dim},
                             {clean.begin() + r * dim, clean.begin() + (r + 1) * dim}));
          if (sees) CHECK(std::isnan(out[r * dim + 5]));
          if (sees && in_key) CHECK(std::isnan(out[r * dim]));
        }
      }
    }
  }
}

TEST_CASE("attention: scores beyond exp's range neither overflow nor vanish") {
  for (const Isa isa : available_isas()) {
    std::vector<float> keys(130, 0.0f), values(130);
    for (std::size_t p = 0; p < 130; ++p) values[p] = float(p);
    keys[3] = 1000.0f;
    const float out = attend({keys, values, 1, CacheType::f32, isa}, {1.0f}, {{0, 130}}, 1.0f, isa)[0];
    CHECK(out == 3.0f);
    keys[100] = 2000.0f;  // a later block takes over
    CHECK(attend({keys, values, 1, CacheType::f32, isa}, {1.0f}, {{0, 130}}, 1.0f, isa)[0] == 100.0f);
    for (std::size_t p = 0; p < 64; ++p) keys[p] = -std::numeric_limits<float>::infinity();  // a block without weight
    CHECK(attend({keys, values, 1, CacheType::f32, isa}, {1.0f}, {{0, 130}}, 1.0f, isa)[0] == 100.0f);
  }
}

TEST_CASE("attention: blocks are laid out as the header says") {
  const std::size_t dim = 64;
  const auto keys = test::normal(3 * dim, 1), values = test::normal(3 * dim, 2);
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    const Store half(keys, values, dim, CacheType::f16, isa);
    const auto* k = reinterpret_cast<const std::uint16_t*>(half.key_blocks[0].data());
    const auto* v = reinterpret_cast<const std::uint16_t*>(half.value_blocks[0].data());
    const Store q8(keys, values, dim, CacheType::q8_0, isa);
    const auto* bytes = reinterpret_cast<const std::int8_t*>(q8.key_blocks[0].data());
    const auto* scales = reinterpret_cast<const std::uint16_t*>(q8.key_blocks[0].data() + cache_block * dim);
    const auto* value_bytes = reinterpret_cast<const std::int8_t*>(q8.value_blocks[0].data());
    const auto* value_scales = reinterpret_cast<const std::uint16_t*>(q8.value_blocks[0].data() + cache_block * dim);
    for (std::size_t p = 0; p < 3; ++p) {
      for (std::size_t d = 0; d < dim; ++d) {
        CHECK(k[d * cache_block + p] == float_to_half(keys[p * dim + d]));
        CHECK(v[p * dim + d] == float_to_half(values[p * dim + d]));
        const float scale = half_to_float(scales[d / 32 * cache_block + p]);
        CHECK(std::abs(bytes[d * cache_block + p] * scale - keys[p * dim + d]) <= 0.5001f * scale);
        const float value_scale = half_to_float(value_scales[p * (dim / 32) + d / 32]);
        CHECK(std::abs(value_bytes[p * dim + d] * value_scale - values[p * dim + d]) <= 0.5001f * value_scale);
      }
    }
    CHECK(half.key_blocks[0][3 * 2] == std::byte(0xFF));  // slot 3 of dimension 0 was not stored
  }
}

TEST_CASE("attention: Q8_0 of zeros, tiny and huge values") {
  const std::size_t dim = 32;
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    for (const float size : {0.0f, 1e-30f, 1e-5f, 3e-6f, 8e6f}) {
      CAPTURE(size);
      std::vector<float> keys(dim, 0.0f), values(dim, size);
      values[1] = -size;
      const auto out =
          attend({keys, values, dim, CacheType::q8_0, isa}, std::vector<float>(dim, 1.0f), {{0, 1}}, 1.0f, isa);
      const float step = std::max(size / 127.0f, 0x1p-24f);
      CHECK(std::abs(out[0] - size) <= std::max(step, size * 0.004f));
      CHECK(out[1] == -out[0]);
    }
  }
}
