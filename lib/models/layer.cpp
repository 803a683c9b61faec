#include "models/layer.hpp"

#include <fmt/format.h>

#include <type_traits>

#include "models/layer_place.hpp"

namespace ondol {
namespace {

/// The output matrix of attention, which GGUF files of encoder-decoders call otherwise.
std::string attention_output(const LayerPlace& at) { return at(at.recipe.prefix.empty() ? "attn_output" : "attn_o"); }

void bind(const Attention::Shape& shape, const LayerPlace& at, Attention& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t width = shape.heads * shape.head_dim;
  const std::size_t kv_width = shape.kv_heads * shape.head_dim;
  WeightBinder& binder = at.binder;
  if (!shape.gated && binder.has(at("attn_qkv.weight"))) {
    const std::size_t all = width + 2 * kv_width;
    binder.linear_part(at("attn_qkv"), all, 0, width, hidden, to.query);
    binder.linear_part(at("attn_qkv"), all, width, kv_width, hidden, to.key);
    binder.linear_part(at("attn_qkv"), all, width + kv_width, kv_width, hidden, to.value);
  } else {
    binder.linear(at("attn_q"), shape.gated ? 2 * width : width, hidden, to.query);
    binder.linear(at("attn_k"), kv_width, hidden, to.key);
    binder.linear(at("attn_v"), kv_width, hidden, to.value);
  }
  binder.linear(attention_output(at), hidden, width, to.output);
  if (shape.query_key_norm == QueryKeyNorm::plain) {
    to.query_norm = {
        at.recipe.norm, std::vector<float>(shape.head_dim, 1.0f), {}, static_cast<float>(at.recipe.norm_eps)};
    to.key_norm = to.query_norm;
  } else if (shape.query_key_norm != QueryKeyNorm::none) {
    const bool one = shape.query_key_norm == QueryKeyNorm::head;
    at.norm("attn_q_norm", one ? shape.head_dim : width, to.query_norm);
    at.norm("attn_k_norm", one ? shape.head_dim : kv_width, to.key_norm);
  }
  if (shape.sinks) binder.vector(at("attn_sinks.weight"), shape.heads, to.sinks);
}

void bind(const DisentangledAttention::Shape& shape, const LayerPlace& at, DisentangledAttention& to) {
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

void bind_cross(const CrossAttention::Shape& shape, const LayerPlace& at, CrossAttention& to) {
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

void bind(const LatentAttention::Shape& shape, const LayerPlace& at, LatentAttention& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t query_width = shape.heads * (shape.plain_dim + shape.rope_dim);
  const auto norm = [&](const char* name, std::size_t n, Norm& its) {
    at.norm(name, n, its);
    its.eps = 1e-6f;  // whatever the model's is
  };
  WeightBinder& binder = at.binder;
  if (shape.query_rank > 0) {
    binder.linear(at("attn_q_a"), shape.query_rank, hidden, to.query_down);
    norm("attn_q_a_norm", shape.query_rank, to.query_norm);
    binder.linear(at("attn_q_b"), query_width, shape.query_rank, to.query);
  } else {
    binder.linear(at("attn_q"), query_width, hidden, to.query);
  }
  binder.linear(at("attn_kv_a_mqa"), shape.latent_dim + shape.rope_dim, hidden, to.latent);
  norm("attn_kv_a_norm", shape.latent_dim, to.latent_norm);
  binder.linears(at("attn_k_b"), shape.heads, shape.latent_dim, shape.plain_dim, to.key_up);
  binder.linears(at("attn_v_b"), shape.heads, shape.value_dim, shape.latent_dim, to.value_up);
  binder.linear(at("attn_output"), hidden, shape.heads * shape.value_dim, to.output);
}

LayerCache cache(const Attention::Shape& shape) {
  return {.kv_heads = shape.kv_heads,
          .key_dim = shape.head_dim,
          .value_dim = shape.head_dim,
          .window = shape.chunk ? shape.chunk : shape.window};
}

void bind(const Mlp::Shape& shape, const LayerPlace& at, Mlp& to) {
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

void bind(const AttentionAndMamba2::Shape& shape, const LayerPlace& at, AttentionAndMamba2& to) {
  bind(shape.attention, at, to.attention);
  bind(shape.mamba2, at, to.mamba2);
}

template <class Shape>
LayerCache cache(const Shape& shape) {
  return {.state = shape.state_size()};
}
LayerCache cache(const AttentionAndMamba2::Shape& shape) {
  LayerCache both = cache(shape.attention);
  both.state = shape.mamba2.state_size();
  return both;
}

LayerCache cache(const LatentAttention::Shape& shape) {
  return {.kv_heads = 1, .key_dim = shape.latent_dim + shape.rope_dim};
}

constexpr const char* stacks[] = {"ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"};

void bind(const Experts::Shape& shape, const LayerPlace& at, Experts& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t count = shape.router.experts;
  const std::size_t n = shape.intermediate_size;
  WeightBinder& binder = at.binder;
  binder.linear(at("ffn_gate_inp"), count, hidden, to.router, Precision::exact);
  if (binder.has(at("exp_probs_b.bias"))) binder.vector(at("exp_probs_b.bias"), count, to.bias);
  binder.linears(at(stacks[0]), count, n, hidden, to.gate);
  binder.linears(at(stacks[1]), count, n, hidden, to.up);
  binder.linears(at(stacks[2]), count, hidden, n, to.down);
  if (shape.shared_size == 0) return;
  to.shared.shape = {.intermediate_size = shape.shared_size, .activation = shape.activation};
  binder.linear(at("ffn_gate_shexp"), shape.shared_size, hidden, to.shared.gate);
  binder.linear(at("ffn_up_shexp"), shape.shared_size, hidden, to.shared.up);
  binder.linear(at("ffn_down_shexp"), hidden, shape.shared_size, to.shared.down);
  if (shape.shared_gate) binder.linear(at("ffn_gate_inp_shexp"), 1, hidden, to.shared_gate, Precision::exact);
}

/// Makes the block that a shape belongs to where it will stay: each block has its own Shape.
template <class Blocks, class Shape, std::size_t i = 0>
void bind_block(const Shape& shape, const LayerPlace& at, Blocks& to) {
  using Block = std::variant_alternative_t<i, Blocks>;
  if constexpr (std::is_same_v<Shape, Block>) {  // none
    to.template emplace<i>();
  } else if constexpr (std::is_same_v<Shape, typename Block::Shape>) {
    bind(shape, at, to.template emplace<i>());
  } else {
    bind_block<Blocks, Shape, i + 1>(shape, at, to);
  }
}

}  // namespace

void bind_layer(const Recipe& recipe, std::size_t index, WeightBinder& binder, Layer& layer) {
  const LayerPlace at{recipe, fmt::format("{}blk.{}.", recipe.prefix, index), binder};
  const std::size_t hidden = recipe.hidden_size;
  const NormPlace place = recipe.norm_place;
  const LayerRecipe& own = recipe.layers[index];
  const bool mixer_only = std::holds_alternative<std::monostate>(own.feed_forward);
  if (mixer_only) {
    at.norm("attn_norm", hidden, layer.mixer_norm);
  } else if (recipe.parallel) {
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
      const bool usual = place == NormPlace::both || !binder.has(at("post_attention_norm.weight"));
      at.norm(usual ? "ffn_norm" : "post_attention_norm", hidden, layer.feed_forward_norm);
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
  std::visit([&](const auto& shape) { bind_block(shape, at, layer.mixer); }, own.mixer);
  if (own.cross) bind_cross(*own.cross, at, layer.cross.emplace());
  std::visit([&](const auto& shape) { bind_block(shape, at, layer.feed_forward); }, own.feed_forward);
  layer.mixer_state = std::visit([](const auto& shape) { return cache(shape); }, own.mixer).state;
}

std::uint64_t idle_parameters(const Recipe& recipe, const WeightBinder& binder) {
  std::uint64_t idle = 0;
  for (std::size_t i = 0; i < recipe.layers.size(); ++i) {
    const auto* shape = std::get_if<Experts::Shape>(&recipe.layers[i].feed_forward);
    if (!shape) continue;
    for (const char* stack : stacks) {
      for (const char* kind : {"weight", "bias"}) {
        const Weight* weight = binder.find(fmt::format("blk.{}.{}.{}", i, stack, kind));
        const std::uint64_t one = weight ? weight->elements() / shape->router.experts : 0;
        idle += one * (shape->router.experts - shape->router.used);
      }
    }
  }
  return idle;
}

LayerCache cache_of(const LayerRecipe& recipe) {
  LayerCache layer = std::visit([](const auto& shape) { return cache(shape); }, recipe.mixer);
  if (const auto* mix = std::get_if<RwkvChannelMix::Shape>(&recipe.feed_forward)) layer.state += mix->state_size();
  if (recipe.cross) {
    layer.source_heads = recipe.cross->kv_heads;
    layer.source_dim = recipe.cross->head_dim;
  }
  return layer;
}

}  // namespace ondol
