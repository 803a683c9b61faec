#include "blocks/latent_attention.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "kernels/attention.hpp"
#include "kernels/values.hpp"
#include "runtime/cpu.hpp"

namespace {

using namespace ondol;

constexpr std::size_t hidden = 48;
constexpr std::size_t positions = 150;

Linear linear(const std::vector<float>& values, std::size_t columns, test::Setup& setup) {
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  const WeightView view{find_format("F32"), values.size() / columns, columns, {bytes, values.size() * 4}};
  Linear out;
  out.weight = PackedMatrix(view, Precision::exact, setup.compute, setup.memory);
  return out;
}

/// Random weights, and the same as plain matrices.
struct Random {
  Random(std::size_t query_rank, test::Setup& setup) {
    LatentAttention::Shape& s = block.shape;
    s = {.heads = 5,
         .latent_dim = 32,
         .rope_dim = 8,
         .plain_dim = 12,
         .value_dim = 10,
         .query_rank = query_rank,
         .scale = 0.3};
    const auto norm = [](std::size_t n, std::uint32_t seed) {
      return Norm{NormKind::rms, test::normal(n, seed, 0.2f), {}, 1e-6f};
    };
    const std::size_t in = query_rank ? query_rank : hidden;
    down = test::normal(query_rank * hidden, 1);
    query = test::normal(s.heads * 20 * in, 2, 0.2f);
    latent = test::normal(40 * hidden, 3, 0.3f);
    output = test::normal(hidden * s.heads * 10, 4);
    if (query_rank) {
      block.query_down = linear(down, hidden, setup);
      block.query_norm = norm(query_rank, 5);
    }
    block.query = linear(query, in, setup);
    block.latent = linear(latent, hidden, setup);
    block.latent_norm = norm(32, 6);
    for (std::uint32_t h = 0; h < s.heads; ++h) {
      key_up.push_back(test::normal(32 * 12, 10 + h));
      value_up.push_back(test::normal(10 * 32, 20 + h));
      block.key_up.push_back(linear(key_up.back(), 12, setup));
      block.value_up.push_back(linear(value_up.back(), 32, setup));
    }
    block.output = linear(output, s.heads * 10, setup);
    rope = Rope::make(Rope::Pairs::neighbours, 8, 10'000, {}, {});
  }
  LatentAttention block;
  Rope rope;
  std::vector<float> down, query, latent, output;
  std::vector<std::vector<float>> key_up, value_up;
};

/// Sequences of a pass, fed in pieces; results of all rows in order.
std::vector<float> run(const Random& random, const std::vector<float>& x, const std::vector<std::size_t>& pieces,
                       std::size_t sequences, CacheType type, test::Setup& setup) {
  const LatentAttention::Shape& s = random.block.shape;
  const std::size_t blocks = (positions + cache_block - 1) / cache_block;
  const std::size_t size = cache_head_bytes(type, s.latent_dim + s.rope_dim);
  std::vector<std::vector<std::byte>> memory(sequences * blocks, std::vector<std::byte>(size));
  std::vector<std::byte*> keys;
  for (auto& block : memory) keys.push_back(block.data());
  std::vector<float> out(sequences * positions * hidden);
  std::size_t done = 0;
  for (const std::size_t count : pieces) {
    const Arena::Scope scope(setup.arena);
    std::vector<float> in, result(sequences * count * hidden);
    std::vector<KeyValueSpan> spans;
    std::vector<Rope::Span> turns;
    for (std::size_t q = 0; q < sequences; ++q) {
      const auto begin = x.begin() + std::ptrdiff_t((q * positions + done) * hidden);
      in.insert(in.end(), begin, begin + std::ptrdiff_t(count * hidden));
      spans.push_back({q * count, count, std::uint32_t(done), &keys[q * blocks], nullptr, blocks});
      turns.push_back({q * count, count, std::uint32_t(done), 0});
    }
    Activations rows(in.data(), sequences * count, hidden, hidden);
    const Rope::Angles angles = random.rope.angles(turns, sequences * count, setup.compute);
    random.block.apply(rows, {.rope = &random.rope, .angles = angles, .bias = {}, .type = type}, spans, result.data(),
                       setup.compute);
    for (std::size_t q = 0; q < sequences; ++q) {
      std::copy_n(&result[q * count * hidden], count * hidden, &out[(q * positions + done) * hidden]);
    }
    done += count;
  }
  return out;
}

std::vector<double> product(const std::vector<float>& w, const std::vector<double>& x) {
  std::vector<double> out(w.size() / x.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t k = 0; k < x.size(); ++k) out[i] += double(w[i * x.size() + k]) * x[k];
  }
  return out;
}

void normalise(std::vector<double>& x, std::size_t n, const Norm& norm) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i] * x[i];
  for (std::size_t i = 0; i < n; ++i) x[i] *= norm.weight[i] / std::sqrt(sum / double(n) + 1e-6);
}

void rotate(double* x, std::size_t position, const Rope& rope) {
  for (std::size_t i = 0; i < 4; ++i) {
    const double angle = double(position) * double(rope.frequencies[i]);
    const double a = x[2 * i] * std::cos(angle) - x[2 * i + 1] * std::sin(angle);
    x[2 * i + 1] = x[2 * i + 1] * std::cos(angle) + x[2 * i] * std::sin(angle);
    x[2 * i] = a;
  }
}

/// One sequence in double precision with keys and values of each head, as the paper defines them.
std::vector<double> exact(const Random& random, const std::vector<float>& x) {
  const LatentAttention::Shape& s = random.block.shape;
  std::vector<std::vector<double>> queries, latents;
  for (std::size_t p = 0; p < positions; ++p) {
    const std::vector<double> row(x.begin() + std::ptrdiff_t(p * hidden), x.begin() + std::ptrdiff_t((p + 1) * hidden));
    std::vector<double> low = row;
    if (s.query_rank) {
      low = product(random.down, row);
      normalise(low, s.query_rank, random.block.query_norm);
    }
    queries.push_back(product(random.query, low));
    for (std::size_t h = 0; h < s.heads; ++h) rotate(&queries.back()[h * 20 + 12], p, random.rope);
    latents.push_back(product(random.latent, row));
    normalise(latents.back(), 32, random.block.latent_norm);
    rotate(&latents.back()[32], p, random.rope);
  }
  std::vector<double> out;
  for (std::size_t p = 0; p < positions; ++p) {
    std::vector<double> mixed;
    for (std::size_t h = 0; h < s.heads; ++h) {
      std::vector<double> sum(10);
      double total = 0;
      for (std::size_t k = 0; k <= p; ++k) {
        double score = 0;
        for (std::size_t d = 0; d < 12; ++d) {
          double key = 0;
          for (std::size_t i = 0; i < 32; ++i) key += double(random.key_up[h][i * 12 + d]) * latents[k][i];
          score += queries[p][h * 20 + d] * key;
        }
        for (std::size_t d = 0; d < 8; ++d) score += queries[p][h * 20 + 12 + d] * latents[k][32 + d];
        const double weight = std::exp(s.scale * score);
        total += weight;
        const auto value = product(random.value_up[h], {latents[k].begin(), latents[k].begin() + 32});
        for (std::size_t d = 0; d < 10; ++d) sum[d] += weight * value[d];
      }
      for (const double v : sum) mixed.push_back(v / total);
    }
    const auto row = product(random.output, mixed);
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

}  // namespace

TEST_CASE("latent attention: close to keys and values of each head in double precision") {
  test::Setup setup(2, available_isas().back());
  const auto x = test::normal(positions * hidden, 30);
  for (const std::size_t rank : {0, 24}) {
    const Random random(rank, setup);
    const auto out = run(random, x, {positions}, 1, CacheType::f32, setup);
    const auto expected = exact(random, x);
    double worst = 0;
    for (std::size_t i = 0; i < out.size(); ++i) worst = std::max(worst, std::fabs(out[i] - expected[i]));
    CHECK(worst <= 1e-4);
  }
}

TEST_CASE("latent attention: the same bits in any pieces, with batch mates and on any threads") {
  const auto x = test::normal(3 * positions * hidden, 31);
  for (const CacheType type : {CacheType::f32, CacheType::f16}) {
    test::Setup one(1, available_isas().back());
    const auto expected = run(Random(24, one), x, {positions}, 3, type, one);
    for (const int threads : {1, 4}) {
      test::Setup setup(threads, available_isas().back());
      const Random random(24, setup);
      for (const std::vector<std::size_t>& pieces :
           {std::vector<std::size_t>{1, 1, 63, 64, 21}, std::vector<std::size_t>(positions, 1)}) {
        CHECK(test::same(run(random, x, pieces, 3, type, setup), expected));
      }
      const std::vector<float> first(x.begin(), x.begin() + positions * hidden);
      const std::vector<float> its(expected.begin(), expected.begin() + positions * hidden);
      CHECK(test::same(run(random, first, {100, 50}, 1, type, setup), its));
    }
  }
}
