#include "models/transformer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/fail.hpp"
#include "blocks/scale.hpp"
#include "kernels/elementwise.hpp"

namespace ondol {
namespace {

std::vector<float> factors_of(const char* name, std::size_t pairs, WeightBinder& binder) {
  if (!binder.has(name)) return {};
  std::vector<float> factors = binder.values(name, pairs);
  for (const float factor : factors) {
    if (!(factor > 0)) {
      fail(Status::bad_file, fmt::format("tensor {} holds {}, expected numbers above 0", name, factor));
    }
  }
  return factors;
}

Rope make_rope(const RopeRecipe& recipe, WeightBinder& binder) {
  const std::size_t pairs = recipe.dimensions / 2;
  RopeScaling scaling = recipe.scaling;
  if (scaling.kind == RopeScaling::Kind::longrope && scaling.long_factors.empty()) {
    scaling.long_factors = factors_of(binder.at("rope_factors_long.weight").name.c_str(), pairs, binder);
    scaling.short_factors = factors_of(binder.at("rope_factors_short.weight").name.c_str(), pairs, binder);
  }
  return Rope::make(recipe.pairs, recipe.dimensions, recipe.theta, scaling,
                    factors_of("rope_freqs.weight", pairs, binder));
}

}  // namespace

Transformer::Transformer(const Recipe& recipe, WeightBinder& binder, const Embedding* tokens) : recipe_(recipe) {
  embedding_.bind(recipe, binder, tokens);
  for (const RopeRecipe& rope : recipe.ropes) ropes_.push_back(make_rope(rope, binder));
  layers_.resize(recipe.shared_layers ? recipe.shared_layers : recipe.layers.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) bind_layer(recipe, i, binder, layers_[i]);
  for (std::size_t i = 0; i < recipe.predictors; ++i) binder.ignore_layer(layers_.size() + i);
  const auto bind_norm = [&](const std::string& name, double eps, Norm& norm) {
    norm.kind = recipe.norm;
    norm.eps = static_cast<float>(eps);
    binder.norm(name, recipe.hidden_size, norm);
  };
  if (recipe.final_norm) {
    const bool other = !recipe.embedding_norm && binder.has("token_embd_norm.weight");  // LFM2 calls it so
    bind_norm(recipe.prefix + (other ? "token_embd_norm" : "output_norm"),
              recipe.final_norm_eps > 0 ? recipe.final_norm_eps : recipe.norm_eps, output_norm_);
  }
  if (recipe.distances) {
    const std::string own = recipe.prefix + "attn_rel_b.weight";
    binder.vector(binder.has(own) ? own : recipe.prefix + "blk.0.attn_rel_b.weight",
                  recipe.distances->count * recipe.attention()->heads, distance_biases_);
  }
  if (recipe.relative_positions > 0) {
    binder.vector("rel_embd.weight", recipe.relative_positions * recipe.hidden_size, relative_positions_);
    if (binder.has("rel_embd_norm.weight")) bind_norm("rel_embd_norm", recipe.norm_eps, relative_positions_norm_);
  }
}

/// What the layers of one pass share.
struct Transformer::Pass {
  std::span<const Segment> segments;
  std::size_t rows;
  CacheType type;
  KeyValueSpan* spans;
  KeyValueSpan* sources;  // of a decoder that looks at them
  StateSpan* states;
  Rope::Angles* angles;  // of each rope
  DistanceBias biases;
  const float* relative_positions;
  Compute& compute;

  /// The states of a layer's block, which begin `offset` floats behind the layer's; valid until the next call.
  [[nodiscard]] std::span<const StateSpan> states_of(std::size_t layer, std::size_t offset) const {
    for (std::size_t s = 0; s < segments.size(); ++s) {
      KVCache::Impl& cache = segments[s].cache;
      states[s].before = cache.state(layer) + offset;
      states[s].after = cache.next_state(layer) + offset;
    }
    return {states, segments.size()};
  }
};

namespace {

template <class Shape>
bool has_bias(const Shape& shape) {
  if constexpr (requires { shape.alibi; }) return shape.alibi > 0 || shape.relative_bias;
  return false;
}

}  // namespace

/// The biases of scores that depend on the distance, for distances up to `longest`: ALiBi's, slope times how far the
/// key lies before the query, or learned ones.
DistanceBias Transformer::biases(std::size_t longest, Compute& compute) const {
  const Attention::Shape* shape = recipe_.attention();
  if (!shape || (shape->alibi <= 0 && !recipe_.distances)) return {};
  const std::size_t before = (longest + cache_block) / cache_block * cache_block;
  const std::size_t stride = before + (recipe_.both_directions ? before : cache_block) + cache_block;
  auto* table = compute.arena.take<float>(shape->heads * stride);
  if (recipe_.distances) {
    for (std::size_t i = 0; i < stride; ++i) {
      const std::size_t bucket = (*recipe_.distances)(std::int64_t(i) - std::int64_t(before));
      for (std::size_t head = 0; head < shape->heads; ++head) {
        table[head * stride + i] = distance_biases_[bucket * shape->heads + head];
      }
    }
  } else {
    const std::vector<float> slopes = alibi_slopes(shape->heads, shape->alibi);
    for (std::size_t head = 0; head < shape->heads; ++head) {
      const float slope = slopes[head] * static_cast<float>(shape->alibi_scale);
      for (std::size_t i = 0; i < stride; ++i) {
        table[head * stride + i] = slope * (static_cast<float>(i) - static_cast<float>(before));
      }
    }
  }
  return {.at = table + before, .stride = stride};
}

const float* Transformer::relative_positions(Compute& compute) const {
  if (relative_positions_.empty()) return nullptr;
  auto* rows = compute.arena.take<float>(relative_positions_.size());
  std::ranges::copy(relative_positions_, rows);
  if (relative_positions_norm_) {
    relative_positions_norm_.apply(rows, recipe_.relative_positions, rows, compute);
  }
  return rows;
}

/// Points the spans at the blocks of a layer: the caches', or scratch that lives as long as the layer runs.
void Transformer::lay_blocks(std::size_t index, Pass& pass) const {
  Compute& compute = pass.compute;
  const LayerCache own = cache_of(recipe_.layers[index]);
  for (std::size_t s = 0; s < pass.segments.size() && own.kv_heads > 0; ++s) {
    KeyValueSpan& span = pass.spans[s];
    const std::size_t count = own.kv_heads * span.blocks;
    span.keys = compute.arena.take<std::byte*>(count);
    span.values = compute.arena.take<std::byte*>(count);
    const std::size_t key_bytes = cache_head_bytes(pass.type, own.key_dim);
    const std::size_t value_bytes = cache_head_bytes(pass.type, own.value_dim);
    std::byte* scratch = nullptr;
    if (recipe_.both_directions) {
      scratch = compute.arena.take<std::byte>(count * (key_bytes + value_bytes));
      std::memset(scratch, 0, count * (key_bytes + value_bytes));  // whole blocks are read
    }
    for (std::size_t i = 0; i < count; ++i) {
      KVCache::Impl& cache = pass.segments[s].cache;
      span.keys[i] = scratch ? scratch + i * key_bytes : cache.keys(index, i % span.blocks, i / span.blocks);
      span.values[i] = scratch ? scratch + count * key_bytes + i * value_bytes
                               : cache.values(index, i % span.blocks, i / span.blocks);
    }
  }
}

void Transformer::run_mixer(const Layer& layer, std::size_t index, float* normed, Pass& pass, float* out) const {
  Compute& compute = pass.compute;
  const std::size_t hidden = recipe_.hidden_size;
  Activations x(normed, pass.rows, hidden, hidden);
  lay_blocks(index, pass);
  const auto attention_pass = [&](const auto& shape) {
    const int rope = shape.rope;
    return Attention::Pass{.rope = rope < 0 ? nullptr : &ropes_[std::size_t(rope)],
                           .angles = rope < 0 ? Rope::Angles{} : pass.angles[std::size_t(rope)],
                           .bias = has_bias(shape) ? pass.biases : DistanceBias{},
                           .type = pass.type};
  };
  const std::span<const KeyValueSpan> spans(pass.spans, pass.segments.size());
  std::visit(
      [&](const auto& mixer) {
        using Block = std::decay_t<decltype(mixer)>;
        if constexpr (std::is_same_v<Block, Attention> || std::is_same_v<Block, LatentAttention>) {
          mixer.apply(x, attention_pass(mixer.shape), spans, out, compute);
        } else if constexpr (std::is_same_v<Block, DisentangledAttention>) {
          mixer.apply(x, pass.relative_positions, spans, pass.type, out, compute);
        } else if constexpr (std::is_same_v<Block, AttentionAndMamba2>) {
          mixer.apply(x, attention_pass(mixer.attention.shape), spans, pass.states_of(index, 0), out, compute);
        } else {
          mixer.apply(x, pass.states_of(index, 0), out, compute);
        }
      },
      layer.mixer);
}

namespace {

/// Points a span at the blocks of a source: [heads][blocks] of keys, and of values.
void lay_source(KeyValueSpan& span, std::size_t heads, std::size_t head_bytes, std::byte* keys, std::byte* values,
                Compute& compute) {
  const std::size_t count = heads * span.blocks;
  span.keys = compute.arena.take<std::byte*>(count);
  span.values = compute.arena.take<std::byte*>(count);
  for (std::size_t i = 0; i < count; ++i) {
    span.keys[i] = keys + i * head_bytes;
    span.values[i] = values + i * head_bytes;
  }
}

}  // namespace

void Transformer::run_cross(const Layer& layer, std::size_t index, float* normed, Pass& pass, float* out) const {
  const Attention::Shape& shape = layer.cross->shape;
  const std::size_t head_bytes = cache_head_bytes(pass.type, shape.head_dim);
  for (std::size_t s = 0; s < pass.segments.size(); ++s) {
    KVCache::Impl& cache = pass.segments[s].cache;
    lay_source(pass.sources[s], shape.kv_heads, head_bytes, cache.source_keys(index), cache.source_values(index),
               pass.compute);
  }
  Activations x(normed, pass.rows, recipe_.hidden_size, recipe_.hidden_size);
  layer.cross->apply(x, {pass.sources, pass.segments.size()}, pass.type, out, pass.compute);
}

void Transformer::read_source(float* rows, std::size_t count, KVCache::Impl& cache, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  cache.make_source(count);
  const std::size_t width = recipe_.encoder.front().hidden_size;
  Activations source(rows, count, width, width);
  const CacheType type = cache.layout().type;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Arena::Scope layer_scope(compute.arena);
    const CrossAttention& cross = *layers_[i].cross;
    KeyValueSpan span{.first_row = 0,
                      .rows = count,
                      .first_position = 0,
                      .keys = nullptr,
                      .values = nullptr,
                      .blocks = (count + cache_block - 1) / cache_block};
    lay_source(span, cross.shape.kv_heads, cache_head_bytes(type, cross.shape.head_dim), cache.source_keys(i),
               cache.source_values(i), compute);
    cross.store(source, span, type, compute);
  }
}

float* Transformer::layers(std::span<const Segment> segments, const std::stop_token& stop, Compute& compute) const {
  const std::size_t hidden = recipe_.hidden_size;
  std::size_t rows = 0;
  for (const Segment& segment : segments) rows += segment.tokens.size();

  auto* x = compute.arena.take<float>(rows * hidden);
  const Arena::Scope scope(compute.arena);
  Pass pass{.segments = segments,
            .rows = rows,
            .type = segments[0].cache.layout().type,
            .spans = compute.arena.take<KeyValueSpan>(segments.size()),
            .sources = compute.arena.take<KeyValueSpan>(segments.size()),
            .states = compute.arena.take<StateSpan>(segments.size()),
            .angles = compute.arena.take<Rope::Angles>(ropes_.size()),
            .biases = {},
            .relative_positions = relative_positions(compute),
            .compute = compute};
  auto* positions = compute.arena.take<std::uint32_t>(rows);
  auto* ids = compute.arena.take<Token>(rows);
  auto* types = compute.arena.take<std::uint32_t>(rows);
  auto* turns = compute.arena.take<Rope::Span>(segments.size());
  std::size_t row = 0;
  std::size_t longest = 0;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    KVCache::Impl& cache = segments[s].cache;
    const std::size_t count = segments[s].tokens.size();
    const std::size_t end = cache.length() + count;
    const auto first_position = static_cast<std::uint32_t>(cache.length());
    longest = std::max(longest, end);
    pass.spans[s] = {.first_row = row,
                     .rows = count,
                     .first_position = first_position,
                     .keys = nullptr,
                     .values = nullptr,
                     .blocks = (end + cache_block - 1) / cache_block,
                     .seen = recipe_.both_directions ? count : 0};
    const std::size_t source = cache.source_length();
    pass.sources[s] = {.first_row = row,
                       .rows = count,
                       .first_position = 0,
                       .keys = nullptr,
                       .values = nullptr,
                       .blocks = (source + cache_block - 1) / cache_block,
                       .seen = source};
    pass.states[s] = {.first_row = row, .rows = count, .before = nullptr, .after = nullptr};
    turns[s] = {.first_row = row, .rows = count, .first_position = first_position, .planned = cache.planned()};
    for (std::size_t i = 0; i < count; ++i, ++row) {
      positions[row] = static_cast<std::uint32_t>(cache.length() + i);
      ids[row] = segments[s].tokens[i];
      types[row] = segments[s].types.empty() ? 0 : segments[s].types[i];
    }
  }
  embedding_.rows({.ids = ids, .positions = positions, .types = types}, rows, x, compute);
  for (std::size_t i = 0; i < ropes_.size(); ++i) {
    pass.angles[i] = ropes_[i].angles({turns, segments.size()}, rows, compute);
  }
  pass.biases = biases(longest, compute);
  auto* normed = compute.arena.take<float>(rows * hidden);
  auto* change = compute.arena.take<float>(rows * hidden);
  const auto add_change = [&](const Norm& norm) {
    const bool after = recipe_.norm_place == NormPlace::residual;
    if (norm && !after) norm.apply(change, rows, change, compute);
    scale(change, rows * hidden, recipe_.residual_scale, compute);
    compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
      compute.kernels.elementwise->add(x + begin * hidden, change + begin * hidden, (end - begin) * hidden);
    });
    if (norm && after) norm.apply(x, rows, x, compute);
  };
  const auto normalise = [&](const Norm& norm) {
    if (norm) {
      norm.apply(x, rows, normed, compute);
    } else {
      std::copy_n(x, rows * hidden, normed);
    }
  };
  const auto feed_forward = [&](const Layer& layer, std::size_t index) {
    Activations in(normed, rows, hidden, hidden, Rounding::coarse);
    std::visit(
        [&](const auto& block) {
          using Block = std::decay_t<decltype(block)>;
          if constexpr (std::is_same_v<Block, RwkvChannelMix>) {
            block.apply(in, pass.states_of(index, layer.mixer_state), change, compute);
          } else if constexpr (!std::is_same_v<Block, std::monostate>) {
            block.apply(in, change, compute);
          }
        },
        layer.feed_forward);
  };

  for (std::size_t i = 0; i < recipe_.layers.size(); ++i) {
    if (stop.stop_requested()) fail(Status::cancelled, "the forward pass was cancelled");
    const Layer& layer = layers_[recipe_.weights_of(i)];
    const Arena::Scope layer_scope(compute.arena);
    normalise(layer.mixer_norm);
    run_mixer(layer, i, normed, pass, change);
    if (std::holds_alternative<std::monostate>(layer.feed_forward)) {
      add_change(layer.mixer_post_norm);
      continue;
    }
    if (recipe_.parallel) {
      // Both blocks see the same x: the second norm is taken before the first block's change is added.
      if (layer.feed_forward_norm) {
        normalise(layer.feed_forward_norm);
      }
      add_change(layer.mixer_post_norm);
    } else {
      add_change(layer.mixer_post_norm);
      if (layer.cross) {
        normalise(layer.cross_norm);
        run_cross(layer, i, normed, pass, change);
        add_change(layer.cross_post_norm);
      }
      normalise(layer.feed_forward_norm);
    }
    feed_forward(layer, i);
    add_change(layer.feed_forward_post_norm);
  }
  return x;
}

void Transformer::final_norm(const float* in, float* out, Compute& compute) const {
  const std::size_t hidden = recipe_.hidden_size;
  if (output_norm_) {
    output_norm_.apply_row(in, out, compute.kernels, hidden);
  } else {
    std::copy_n(in, hidden, out);
  }
}

void Transformer::head(const float* rows, std::size_t count, float* out, Compute& compute) const {
  embedding_.logits(rows, count, out, compute);
}

namespace {

/// Floats of scratch memory that a block takes for the rows of a pass; in both directions its keys and values are
/// scratch.
std::uint64_t scratch_of(const Attention::Shape& a, std::size_t context, std::size_t rows) {
  const std::size_t group = a.heads / a.kv_heads;
  const std::size_t tasks = rows / (48 / std::min<std::size_t>(group, 48)) * a.kv_heads;
  const std::size_t heads = (a.gated ? 5 : 2) * a.heads + (rows > Transformer::pass_rows ? 4 : 2) * a.kv_heads;
  return rows * heads * a.head_dim + tasks * attention_scratch(48, a.head_dim, a.head_dim) +
         context / cache_block * a.kv_heads * 4;
}
std::uint64_t scratch_of(const AttentionAndMamba2::Shape& both, std::size_t context, std::size_t rows) {
  return scratch_of(both.attention, context, rows) + rows * both.mamba2.scratch();
}
std::uint64_t scratch_of(const LatentAttention::Shape& latent, std::size_t, std::size_t rows) {
  return LatentAttention::scratch(latent, rows);
}
std::uint64_t scratch_of(const Mlp::Shape& mlp, std::size_t, std::size_t rows) {
  return rows * 3 * mlp.intermediate_size;
}
std::uint64_t scratch_of(const std::monostate&, std::size_t, std::size_t) { return 0; }
std::uint64_t scratch_of(const DisentangledAttention::Shape& d, std::size_t context, std::size_t rows) {
  const std::size_t biases = context + 4 * d.span;  // of each row and head, besides products with positions
  return scratch_of(d.attention, context, rows) + rows * d.attention.heads * (d.attention.head_dim + biases);
}
template <class Recurrent>
std::uint64_t scratch_of(const Recurrent& shape, std::size_t, std::size_t rows) {
  return rows * shape.scratch();
}

}  // namespace

std::uint64_t Transformer::scratch_bytes(std::size_t context) const noexcept {
  std::uint64_t most = 0;
  const std::size_t rows = recipe_.both_directions ? std::max(pass_rows, context) : pass_rows;
  for (const LayerRecipe& layer : recipe_.layers) {
    const auto scratch = [&](const auto& shape) -> std::uint64_t {
      if constexpr (std::is_same_v<std::decay_t<decltype(shape)>, Experts::Shape>) {
        return Experts::scratch(shape, recipe_.hidden_size, rows);
      } else {
        return scratch_of(shape, context, rows);
      }
    };
    most = std::max({most, std::visit(scratch, layer.mixer), std::visit(scratch, layer.feed_forward)});
  }
  return (most + rows * 4 * recipe_.hidden_size + 32 * vocabulary()) * sizeof(float);
}

}  // namespace ondol
