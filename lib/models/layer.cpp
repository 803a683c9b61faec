#include "models/layer.hpp"

#include <fmt/format.h>

#include <type_traits>

namespace ondol {
namespace {

/// What the binding of a block needs to know.
struct Place {
  const Recipe& recipe;
  std::string prefix;  // "blk.3."
  WeightBinder& binder;

  [[nodiscard]] std::string operator()(const char* name) const { return prefix + name; }
  /// The output matrix of attention, which encoder-decoders of GGUF call otherwise.
  [[nodiscard]] std::string attention_output() const { return prefix + (recipe.prefix.empty() ? "attn_output" : "attn_o"); }
  void norm(const char* name, std::size_t n, Norm& to) const {
    to.kind = recipe.norm;
    to.eps = static_cast<float>(recipe.norm_eps);
    binder.norm((*this)(name), n, to);
  }
};

void bind(const Attention::Shape& shape, const Place& at, Attention& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t width = shape.heads * shape.head_dim;
  const std::size_t kv_width = shape.kv_heads * shape.head_dim;
  WeightBinder& binder = at.binder;
  if (binder.has(at("attn_qkv.weight"))) {
    const std::size_t all = width + 2 * kv_width;
    binder.linear_part(at("attn_qkv"), all, 0, width, hidden, to.query);
    binder.linear_part(at("attn_qkv"), all, width, kv_width, hidden, to.key);
    binder.linear_part(at("attn_qkv"), all, width + kv_width, kv_width, hidden, to.value);
  } else {
    binder.linear(at("attn_q"), width, hidden, to.query);
    binder.linear(at("attn_k"), kv_width, hidden, to.key);
    binder.linear(at("attn_v"), kv_width, hidden, to.value);
  }
  binder.linear(at.attention_output(), hidden, width, to.output);
  if (shape.query_key_norm != QueryKeyNorm::none) {
    const bool one = shape.query_key_norm == QueryKeyNorm::head;
    at.norm("attn_q_norm", one ? shape.head_dim : width, to.query_norm);
    at.norm("attn_k_norm", one ? shape.head_dim : kv_width, to.key_norm);
  }
  if (shape.sinks) binder.vector(at("attn_sinks.weight"), shape.heads, to.sinks);
}

void bind(const DisentangledAttention::Shape& shape, const Place& at, DisentangledAttention& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t width = shape.attention.heads * shape.attention.head_dim;
  at.binder.linear(at("attn_q"), width, hidden, to.query);
  at.binder.linear(at("attn_k"), width, hidden, to.key);
  at.binder.linear(at("attn_v"), width, hidden, to.value);
  at.binder.linear(at("attn_output"), hidden, width, to.output);
  if (shape.shared_projections) return;
  at.binder.linear(at("attn_q_rel"), width, hidden, to.position_query);
  at.binder.linear(at("attn_k_rel"), width, hidden, to.position_key);
}

void bind_cross(const CrossAttention::Shape& shape, const Place& at, CrossAttention& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t source = at.recipe.encoder.empty() ? hidden : at.recipe.encoder.front().hidden_size;
  at.binder.linear(at("cross_attn_q"), shape.heads * shape.head_dim, hidden, to.query);
  at.binder.linear(at("cross_attn_k"), shape.kv_heads * shape.head_dim, source, to.key);
  at.binder.linear(at("cross_attn_v"), shape.kv_heads * shape.head_dim, source, to.value);
  at.binder.linear(at("cross_attn_o"), hidden, shape.heads * shape.head_dim, to.output);
}

LayerCache cache(const DisentangledAttention::Shape& shape) {
  const Attention::Shape& own = shape.attention;
  return {.kv_heads = own.kv_heads, .key_dim = own.head_dim, .value_dim = own.head_dim};
}

LayerCache cache(const Attention::Shape& shape) {
  return {.kv_heads = shape.kv_heads,
          .key_dim = shape.head_dim,
          .value_dim = shape.head_dim,
          .window = shape.chunk ? shape.chunk : shape.window};
}

void bind(const Mlp::Shape& shape, const Place& at, Mlp& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t n = shape.intermediate_size;
  if (shape.gated && !at.binder.has(at("ffn_gate.weight"))) {  // both in one
    at.binder.linear_part(at("ffn_up"), 2 * n, 0, n, hidden, to.gate);
    at.binder.linear_part(at("ffn_up"), 2 * n, n, n, hidden, to.up);
  } else {
    if (shape.gated) at.binder.linear(at("ffn_gate"), n, hidden, to.gate);
    at.binder.linear(at("ffn_up"), n, hidden, to.up);
  }
  at.binder.linear(at("ffn_down"), hidden, n, to.down);
}

/// Makes the block that a shape belongs to where it will stay: each block has its own Shape.
template <class Blocks, class Shape, std::size_t i = 0>
void bind_block(const Shape& shape, const Place& at, Blocks& to) {
  using Block = std::variant_alternative_t<i, Blocks>;
  if constexpr (std::is_same_v<Shape, typename Block::Shape>) {
    bind(shape, at, to.template emplace<i>());
  } else {
    bind_block<Blocks, Shape, i + 1>(shape, at, to);
  }
}

}  // namespace

void bind_layer(const Recipe& recipe, std::size_t index, WeightBinder& binder, Layer& layer) {
  const Place at{recipe, fmt::format("{}blk.{}.", recipe.prefix, index), binder};
  const std::size_t hidden = recipe.hidden_size;
  const NormPlace place = recipe.norm_place;
  if (recipe.parallel) {
    const bool two = binder.has(at("attn_norm_2.weight"));  // Falcon: attn_norm is then the feed-forward block's
    at.norm(two ? "attn_norm_2" : "attn_norm", hidden, layer.mixer_norm);
    const char* other = two ? "attn_norm" : "ffn_norm";
    if (binder.has(at(other) + ".weight")) at.norm(other, hidden, layer.feed_forward_norm);
  } else {
    const bool cross = recipe.layers[index].cross.has_value();
    if (place == NormPlace::before || place == NormPlace::both) {
      // ModernBERT: the norm behind the embedding is the first layer's.
      const bool normed = index == 0 && recipe.embedding_norm && !binder.has(at("attn_norm.weight"));
      if (!normed) at.norm("attn_norm", hidden, layer.mixer_norm);
      if (cross) at.norm("cross_attn_norm", hidden, layer.cross_norm);
      at.norm("ffn_norm", hidden, layer.feed_forward_norm);
    }
    if (place == NormPlace::after || place == NormPlace::both) {
      at.norm("post_attention_norm", hidden, layer.mixer_post_norm);
      at.norm("post_ffw_norm", hidden, layer.feed_forward_post_norm);
    }
    if (place == NormPlace::residual) {
      at.norm("attn_output_norm", hidden, layer.mixer_post_norm);
      if (cross) at.norm("cross_attn_output_norm", hidden, layer.cross_post_norm);
      at.norm("layer_output_norm", hidden, layer.feed_forward_post_norm);
    }
  }
  const LayerRecipe& own = recipe.layers[index];
  std::visit([&](const auto& shape) { bind_block(shape, at, layer.mixer); }, own.mixer);
  if (own.cross) bind_cross(*own.cross, at, layer.cross.emplace());
  std::visit([&](const auto& shape) { bind_block(shape, at, layer.feed_forward); }, own.feed_forward);
}

LayerCache cache_of(const LayerRecipe& recipe) {
  LayerCache out = std::visit([](const auto& shape) { return cache(shape); }, recipe.mixer);
  if (recipe.cross) {
    out.source_heads = recipe.cross->kv_heads;
    out.source_dim = recipe.cross->head_dim;
  }
  return out;
}

}  // namespace ondol
