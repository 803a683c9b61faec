#include "models/transformer.hpp"

#include <fmt/format.h>

#include <algorithm>

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

Transformer::Transformer(const Recipe& recipe, WeightBinder& binder) : recipe_(recipe) {
  embedding_.bind(recipe, binder);
  for (const RopeRecipe& rope : recipe.ropes) ropes_.push_back(make_rope(rope, binder));
  layers_.resize(recipe.layers.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) bind_layer(recipe, i, binder, layers_[i]);
  for (std::size_t i = 0; i < recipe.predictors; ++i) binder.ignore_layer(layers_.size() + i);
  if (recipe.final_norm) {
    output_norm_.kind = recipe.norm;
    output_norm_.eps = static_cast<float>(recipe.final_norm_eps > 0 ? recipe.final_norm_eps : recipe.norm_eps);
    const bool other = !recipe.embedding_norm && binder.has("token_embd_norm.weight");  // LFM2 calls it so
    binder.norm(other ? "token_embd_norm" : "output_norm", recipe.hidden_size, output_norm_);
  }
  binder.check_all_used();
}

/// What the layers of one pass share.
struct Transformer::Pass {
  std::span<const Segment> segments;
  std::size_t rows;
  CacheType type;
  KeyValueSpan* spans;
  StateSpan* states;
  std::vector<Rope::Angles> angles;  // of each rope
  DistanceBias alibi;
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
bool has_alibi(const Shape& shape) {
  if constexpr (requires { shape.alibi; }) return shape.alibi > 0;
  return false;
}

/// ALiBi: slope times how far the key lies before the query, for distances up to `most`.
DistanceBias alibi_table(const Attention::Shape& shape, std::size_t most, Compute& compute) {
  const std::size_t before = (most + cache_block) / cache_block * cache_block;
  const std::size_t stride = before + 2 * cache_block;
  auto* table = compute.arena.take<float>(shape.heads * stride);
  const std::vector<float> slopes = alibi_slopes(shape.heads, shape.alibi);
  for (std::size_t head = 0; head < shape.heads; ++head) {
    const float slope = slopes[head] * static_cast<float>(shape.alibi_scale);
    for (std::size_t i = 0; i < stride; ++i) {
      table[head * stride + i] = slope * (static_cast<float>(i) - static_cast<float>(before));
    }
  }
  return {table + before, stride};
}

}  // namespace

void Transformer::run_mixer(const Layer& layer, std::size_t index, float* normed, Pass& pass, float* out) const {
  Compute& compute = pass.compute;
  const std::size_t hidden = recipe_.hidden_size;
  Activations x(normed, pass.rows, hidden, hidden);
  const auto attention_pass = [&](const auto& shape) {
    const LayerCache& own = pass.segments[0].cache.layout().layers[index];
    for (std::size_t s = 0; s < pass.segments.size(); ++s) {
      KeyValueSpan& span = pass.spans[s];
      span.keys = compute.arena.take<std::byte*>(own.kv_heads * span.blocks);
      span.values = compute.arena.take<std::byte*>(own.kv_heads * span.blocks);
      for (std::size_t i = 0; i < own.kv_heads * span.blocks; ++i) {
        span.keys[i] = pass.segments[s].cache.keys(index, i % span.blocks, i / span.blocks);
        span.values[i] = pass.segments[s].cache.values(index, i % span.blocks, i / span.blocks);
      }
    }
    const int rope = shape.rope;
    return Attention::Pass{.rope = rope < 0 ? nullptr : &ropes_[std::size_t(rope)],
                           .angles = rope < 0 ? Rope::Angles{} : pass.angles[std::size_t(rope)],
                           .bias = has_alibi(shape) ? pass.alibi : DistanceBias{},
                           .type = pass.type};
  };
  const std::span<const KeyValueSpan> spans(pass.spans, pass.segments.size());
  std::visit(
      [&](const auto& mixer) {
        using Block = std::decay_t<decltype(mixer)>;
        if constexpr (std::is_same_v<Block, Attention> || std::is_same_v<Block, LatentAttention>) {
          mixer.apply(x, attention_pass(mixer.shape), spans, out, compute);
        } else if constexpr (std::is_same_v<Block, AttentionAndMamba2>) {
          mixer.apply(x, attention_pass(mixer.attention.shape), spans, pass.states_of(index, 0), out, compute);
        } else {
          mixer.apply(x, pass.states_of(index, 0), out, compute);
        }
      },
      layer.mixer);
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
            .states = compute.arena.take<StateSpan>(segments.size()),
            .angles = {},
            .alibi = {},
            .compute = compute};
  auto* positions = compute.arena.take<std::uint32_t>(rows);
  auto* ids = compute.arena.take<Token>(rows);
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
                     .blocks = (end + cache_block - 1) / cache_block};
    pass.states[s] = {.first_row = row, .rows = count, .before = nullptr, .after = nullptr};
    turns[s] = {.first_row = row, .rows = count, .first_position = first_position, .planned = cache.planned()};
    for (std::size_t i = 0; i < count; ++i, ++row) {
      positions[row] = static_cast<std::uint32_t>(cache.length() + i);
      ids[row] = segments[s].tokens[i];
    }
  }
  embedding_.rows(ids, positions, rows, x, compute);
  for (const Rope& rope : ropes_) pass.angles.push_back(rope.angles({turns, segments.size()}, rows, compute));
  if (const auto* attention = recipe_.attention(); attention && attention->alibi > 0) {
    pass.alibi = alibi_table(*attention, longest, compute);
  }
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
    Activations in(normed, rows, hidden, hidden);
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

  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (stop.stop_requested()) fail(Status::cancelled, "the forward pass was cancelled");
    const Layer& layer = layers_[i];
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

// Floats of scratch memory that a block takes for the rows of a pass.
std::uint64_t scratch_of(const Attention::Shape& a, std::size_t context) {
  const std::size_t group = a.heads / a.kv_heads;
  const std::size_t tasks = Transformer::pass_rows / (48 / std::min<std::size_t>(group, 48)) * a.kv_heads;
  const std::size_t heads = (a.gated ? 5 : 2) * a.heads + 2 * a.kv_heads;
  return Transformer::pass_rows * heads * a.head_dim + tasks * attention_scratch(48, a.head_dim, a.head_dim) +
         context / cache_block * a.kv_heads * 4;
}
std::uint64_t scratch_of(const AttentionAndMamba2::Shape& both, std::size_t context) {
  return scratch_of(both.attention, context) + Transformer::pass_rows * both.mamba2.scratch();
}
std::uint64_t scratch_of(const LatentAttention::Shape& latent, std::size_t) {
  return LatentAttention::scratch(latent, Transformer::pass_rows);
}
std::uint64_t scratch_of(const Mlp::Shape& mlp, std::size_t) {
  return Transformer::pass_rows * 3 * mlp.intermediate_size;
}
std::uint64_t scratch_of(const std::monostate&, std::size_t) { return 0; }
template <class Recurrent>
std::uint64_t scratch_of(const Recurrent& shape, std::size_t) {
  return Transformer::pass_rows * shape.scratch();
}

}  // namespace

std::uint64_t Transformer::scratch_bytes(std::size_t context) const noexcept {
  std::uint64_t most = 0;
  for (const LayerRecipe& layer : recipe_.layers) {
    const auto scratch = [&](const auto& shape) -> std::uint64_t {
      if constexpr (std::is_same_v<std::decay_t<decltype(shape)>, Experts::Shape>) {
        return Experts::scratch(shape, recipe_.hidden_size, pass_rows);
      } else {
        return scratch_of(shape, context);
      }
    };
    most = std::max({most, std::visit(scratch, layer.mixer), std::visit(scratch, layer.feed_forward)});
  }
  return (most + pass_rows * 4 * recipe_.hidden_size + 32 * vocabulary()) * sizeof(float);
}

}  // namespace ondol
