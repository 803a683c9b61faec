#include "models/transformer.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/fail.hpp"
#include "kernels/elementwise.hpp"

namespace ondol {
namespace {

std::vector<float> rope_factors(const WeightSource& source, const TensorNames& names, std::size_t pairs,
                                WeightBinder& binder) {
  if (!binder.has(names.rope_factors)) return {};
  const TensorView& tensor = binder.rows(names.rope_factors, 1, pairs);
  std::vector<float> factors(pairs);
  tensor.format->unpack(tensor.bytes.data(), factors.data(), pairs / tensor.format->weights);
  for (const float factor : factors) {
    if (!(factor > 0)) {
      fail(Status::bad_file,
           fmt::format("{}: tensor {} holds {}, expected numbers above 0", source.path(), names.rope_factors, factor));
    }
  }
  return factors;
}

}  // namespace

Transformer::Transformer(const Recipe& recipe, const TensorNames& names, const WeightSource& source,
                         WeightBinder& binder)
    : recipe_(recipe) {
  const auto& a = recipe.attention;
  const std::size_t hidden = recipe.hidden_size;
  const TensorView* embedding = source.find(names.embedding);
  if (!embedding) fail(Status::bad_file, fmt::format("{}: tensor {} is missing", source.path(), names.embedding));
  vocabulary_ = embedding->rows();
  if (vocabulary_ > std::size_t{1} << 24) {
    fail(Status::bad_file,
         fmt::format("{}: a vocabulary of {}, expected at most {}", source.path(), vocabulary_, std::size_t{1} << 24));
  }
  embedding_view_ = binder.rows(names.embedding, vocabulary_, hidden).matrix();

  rope_ = Rope::make(recipe.rope.pairs, recipe.rope.dimensions, recipe.rope.theta, recipe.rope.scaling,
                     rope_factors(source, names, recipe.rope.dimensions / 2, binder));

  layers_.resize(recipe.layers);
  for (std::size_t i = 0; i < recipe.layers; ++i) {
    Layer& layer = layers_[i];
    const auto name = [i](const char* pattern) { return fmt::format(fmt::runtime(pattern), i); };
    const auto norm = [&](const char* pattern, RmsNorm& to) {
      to.eps = static_cast<float>(recipe.norm_eps);
      binder.vector(name(pattern), hidden, Presence::required, to.weight);
    };
    norm(names.attention_norm, layer.attention_norm);
    Attention& attention = layer.attention;
    attention.heads = a.heads;
    attention.kv_heads = a.kv_heads;
    attention.head_dim = a.head_dim;
    attention.scale = static_cast<float>(a.scale);
    attention.window = a.window;
    binder.linear(name(names.query), a.heads * a.head_dim, hidden, a.qkv_bias, attention.query);
    binder.linear(name(names.key), a.kv_heads * a.head_dim, hidden, a.qkv_bias, attention.key);
    binder.linear(name(names.value), a.kv_heads * a.head_dim, hidden, a.qkv_bias, attention.value);
    binder.linear(name(names.attention_output), hidden, a.heads * a.head_dim, a.output_bias, attention.output);
    norm(names.mlp_norm, layer.mlp_norm);
    binder.linear(name(names.gate), recipe.mlp.intermediate_size, hidden, recipe.mlp.bias, layer.mlp.gate);
    binder.linear(name(names.up), recipe.mlp.intermediate_size, hidden, recipe.mlp.bias, layer.mlp.up);
    binder.linear(name(names.down), hidden, recipe.mlp.intermediate_size, recipe.mlp.bias, layer.mlp.down);
  }
  output_norm_.eps = static_cast<float>(recipe.norm_eps);
  binder.vector(names.output_norm, hidden, Presence::required, output_norm_.weight);
  tied_ = !binder.has(names.output);
  if (tied_) {
    binder.packed(*embedding, head_.weight);
  } else {
    binder.linear(names.output, vocabulary_, hidden, Presence::never, head_);
  }
  binder.check_all_used();
}

void Transformer::load_embedding(const std::shared_ptr<MemoryAccount>& memory) {
  if (tied_) return;
  embedding_ = Buffer(memory, embedding_view_.bytes.size(), "embedding");
  std::memcpy(embedding_.data(), embedding_view_.bytes.data(), embedding_view_.bytes.size());
  embedding_view_.bytes = {embedding_.data(), embedding_view_.bytes.size()};
}

void Transformer::embed(Token id, float* out) const {
  const auto row = static_cast<std::size_t>(id);
  if (tied_) {
    head_.weight.unpack_row(row, out);
  } else {
    embedding_view_.format->unpack(embedding_view_.row(row), out,
                                   recipe_.hidden_size / embedding_view_.format->weights);
  }
}

float* Transformer::layers(std::span<const Segment> segments, const std::stop_token& stop, Compute& compute) const {
  const std::size_t hidden = recipe_.hidden_size;
  const std::size_t kv_heads = recipe_.attention.kv_heads;
  std::size_t rows = 0;
  for (const Segment& segment : segments) rows += segment.tokens.size();

  auto* x = compute.arena.take<float>(rows * hidden);
  const Arena::Scope scope(compute.arena);
  auto* positions = compute.arena.take<std::uint32_t>(rows);
  auto* ids = compute.arena.take<Token>(rows);
  auto* spans = compute.arena.take<KeyValueSpan>(segments.size());
  std::size_t row = 0;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    KVCache::Impl& cache = segments[s].cache;
    const std::size_t count = segments[s].tokens.size();
    const std::size_t blocks = (cache.length() + count + cache_block - 1) / cache_block;
    spans[s] = {.first_row = row,
                .rows = count,
                .first_position = static_cast<std::uint32_t>(cache.length()),
                .keys = compute.arena.take<std::byte*>(kv_heads * blocks),
                .values = compute.arena.take<std::byte*>(kv_heads * blocks),
                .blocks = blocks};
    for (std::size_t i = 0; i < count; ++i, ++row) {
      positions[row] = static_cast<std::uint32_t>(cache.length() + i);
      ids[row] = segments[s].tokens[i];
    }
  }
  compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) embed(ids[i], x + i * hidden);
  });
  const Rope::Angles angles = rope_.angles(positions, rows, compute);
  auto* normed = compute.arena.take<float>(rows * hidden);
  auto* change = compute.arena.take<float>(rows * hidden);
  const auto add_change = [&] {
    compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
      compute.kernels.elementwise->add(x + begin * hidden, change + begin * hidden, (end - begin) * hidden);
    });
  };

  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (stop.stop_requested()) fail(Status::cancelled, "the forward pass was cancelled");
    const Layer& layer = layers_[i];
    const Arena::Scope layer_scope(compute.arena);
    for (std::size_t s = 0; s < segments.size(); ++s) {
      std::byte** keys = spans[s].keys;
      std::byte** values = spans[s].values;
      for (std::size_t head = 0; head < kv_heads; ++head) {
        for (std::size_t block = 0; block < spans[s].blocks; ++block) {
          *keys++ = segments[s].cache.writable_keys(i, block, head);
          *values++ = segments[s].cache.writable_values(i, block, head);
        }
      }
    }
    layer.attention_norm.apply(x, rows, normed, compute);
    Activations to_attention(normed, rows, hidden, hidden);
    layer.attention.apply(to_attention, rope_, angles, {spans, segments.size()}, segments[0].cache.layout().type,
                          change, compute);
    add_change();
    layer.mlp_norm.apply(x, rows, normed, compute);
    Activations to_mlp(normed, rows, hidden, hidden);
    layer.mlp.apply(to_mlp, change, compute);
    add_change();
  }
  return x;
}

void Transformer::head(const float* rows, std::size_t count, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  Activations x(rows, count, recipe_.hidden_size, recipe_.hidden_size);
  head_.apply(x, out, compute);
}

std::uint64_t Transformer::scratch_bytes(std::size_t context) const noexcept {
  const auto& a = recipe_.attention;
  const std::size_t attention = (2 * a.heads + 2 * a.kv_heads) * a.head_dim;
  const std::size_t floats = 4 * recipe_.hidden_size + std::max(attention, 3 * recipe_.mlp.intermediate_size);
  const std::size_t tasks = pass_rows / (48 / std::min<std::size_t>(a.heads / a.kv_heads, 48)) * a.kv_heads;
  return pass_rows * floats * sizeof(float) + tasks * attention_scratch(48, a.head_dim) * sizeof(float) +
         32 * vocabulary_ * sizeof(float) + context / cache_block * a.kv_heads * 16;
}

}  // namespace ondol
