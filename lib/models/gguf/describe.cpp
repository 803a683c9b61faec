#include "models/gguf/describe.hpp"

#include <algorithm>
#include <cmath>

namespace ondol {
namespace {

using Keys = std::vector<std::pair<std::string_view, Json>>;

Json count(std::size_t n) { return {static_cast<std::uint64_t>(n)}; }

void describe_rope(const RopeRecipe& rope, Keys& keys) {
  using Kind = RopeScaling::Kind;
  const RopeScaling& s = rope.scaling;
  keys.emplace_back("rope.dimension_count", count(rope.dimensions));
  keys.emplace_back("rope.freq_base", Json(rope.theta));
  if (s.kind == Kind::linear || s.kind == Kind::yarn || s.kind == Kind::longrope) {
    keys.emplace_back("rope.scaling.type", Json(s.kind == Kind::linear ? "linear"
                                                : s.kind == Kind::yarn ? "yarn"
                                                                       : "longrope"));
    if (s.kind != Kind::longrope) keys.emplace_back("rope.scaling.factor", Json(s.factor));
  }
  if (s.kind == Kind::yarn || s.kind == Kind::longrope) {
    keys.emplace_back("rope.scaling.original_context_length", count(static_cast<std::size_t>(s.original_context)));
  }
  if (s.kind == Kind::yarn) {
    keys.emplace_back("rope.scaling.yarn_beta_fast", Json(s.beta_fast));
    keys.emplace_back("rope.scaling.yarn_beta_slow", Json(s.beta_slow));
  }
  if (s.log_multiplier > 0) keys.emplace_back("rope.scaling.yarn_log_multiplier", Json(s.log_multiplier));
  const bool stated = s.kind == Kind::longrope || (s.log_multiplier > 0 && s.attention_factor != 1);
  if (stated && s.attention_factor > 0) {
    keys.emplace_back("rope.scaling.attn_factor", Json(s.attention_factor));
  }
}

void describe_attention(const Recipe& r, std::string_view architecture, Keys& keys) {
  const Attention::Shape* a = r.attention();
  if (!a) return;
  keys.emplace_back("attention.head_count", count(a->heads));
  std::vector<bool> has;
  for (const LayerRecipe& layer : r.layers) has.push_back(layer.attention() != nullptr);
  const auto first = static_cast<std::size_t>(std::ranges::find(has, true) - has.begin());
  if (architecture == "qwen3next") {
    keys.emplace_back("attention.head_count_kv", count(a->kv_heads));
    keys.emplace_back("full_attention_interval", count(first + 1));
  } else if (std::ranges::find(has, false) == has.end()) {
    keys.emplace_back("attention.head_count_kv", count(a->kv_heads));
  } else {
    Json::Array each;
    for (const bool attention : has) each.push_back(count(attention ? a->kv_heads : 0));
    keys.emplace_back("attention.head_count_kv", Json(std::move(each)));
  }
  keys.emplace_back("attention.key_length", count(a->head_dim));
  keys.emplace_back("attention.value_length", count(a->head_dim));
  if (static_cast<float>(a->scale) != static_cast<float>(1 / std::sqrt(static_cast<double>(a->head_dim)))) {
    keys.emplace_back("attention.scale", Json(a->scale));
  }
  if (a->softcap > 0) keys.emplace_back("attn_logit_softcapping", Json(a->softcap));
  if (a->clip > 0) keys.emplace_back("attention.clamp_kqv", Json(a->clip));
  for (const LayerRecipe& layer : r.layers) {
    const auto* own = std::get_if<Attention::Shape>(&layer.mixer);
    if (!own || own->temperature_step == 0) continue;
    keys.emplace_back("attention.temperature_length", count(static_cast<std::size_t>(own->temperature_step)));
    keys.emplace_back("attention.temperature_scale", Json(own->temperature_scale));
    break;
  }
  if (a->chunk > 0) keys.emplace_back("attention.sliding_window", count(a->chunk));
  if (a->alibi > 0) keys.emplace_back("attention.max_alibi_bias", Json(a->alibi));
  std::size_t window = 0;
  Json::Array pattern;
  for (const LayerRecipe& layer : r.layers) {
    const Attention::Shape* own = layer.attention();
    pattern.emplace_back(own && own->window > 0);
    if (own && own->window > 0) window = own->window;
  }
  if (window == 0) return;
  keys.emplace_back("attention.sliding_window", count(window));
  if (!std::ranges::all_of(pattern, [](const Json& j) { return *j.as_bool(); })) {
    keys.emplace_back("attention.sliding_window_pattern", Json(std::move(pattern)));
  }
}

void describe_state_space(const Recipe& r, Keys& keys) {
  const auto add = [&](std::size_t kernel, std::size_t inner, std::size_t states, std::size_t rank) {
    keys.emplace_back("ssm.conv_kernel", count(kernel));
    keys.emplace_back("ssm.inner_size", count(inner));
    keys.emplace_back("ssm.state_size", count(states));
    keys.emplace_back("ssm.time_step_rank", count(rank));
  };
  const auto add_mamba2 = [&](const Mamba2::Shape& s) {
    add(s.kernel, s.width(), s.states, s.heads);
    keys.emplace_back("ssm.group_count", count(s.groups));
  };
  for (const LayerRecipe& layer : r.layers) {
    if (const auto* s = std::get_if<Mamba::Shape>(&layer.mixer)) return add(s->kernel, s->channels, s->states, s->rank);
    if (const auto* s = std::get_if<Mamba2::Shape>(&layer.mixer)) return add_mamba2(*s);
    if (const auto* s = std::get_if<AttentionAndMamba2::Shape>(&layer.mixer)) return add_mamba2(s->mamba2);
    if (const auto* s = std::get_if<GatedDelta::Shape>(&layer.mixer)) {
      if (s->key_dim != s->value_dim) return;  // llama.cpp takes them for one
      add(s->kernel, s->values(), s->key_dim, s->value_heads);
      return void(keys.emplace_back("ssm.group_count", count(s->key_heads)));
    }
    if (const auto* s = std::get_if<ShortConvolution::Shape>(&layer.mixer)) {
      return void(keys.emplace_back("shortconv.l_cache", count(s->kernel)));
    }
  }
}

void describe_latent_attention(const Recipe& r, Keys& keys) {
  const auto* a = std::get_if<LatentAttention::Shape>(&r.layers.front().mixer);
  if (!a) return;
  keys.emplace_back("attention.head_count", count(a->heads));
  keys.emplace_back("attention.head_count_kv", count(1));
  if (a->query_rank > 0) keys.emplace_back("attention.q_lora_rank", count(a->query_rank));
  keys.emplace_back("attention.kv_lora_rank", count(a->latent_dim));
  keys.emplace_back("attention.key_length", count(a->latent_dim + a->rope_dim));
  keys.emplace_back("attention.value_length", count(a->latent_dim));
  keys.emplace_back("attention.key_length_mla", count(a->plain_dim + a->rope_dim));
  keys.emplace_back("attention.value_length_mla", count(a->value_dim));
}

/// llama.cpp's number of a way to score; 0 where it has none.
std::size_t gating_function(Router::Scoring scoring) {
  switch (scoring) {
    case Router::Scoring::softmax: return 1;
    case Router::Scoring::sigmoid: return 2;
    case Router::Scoring::softmax_of_chosen: return 3;
    case Router::Scoring::sparse_mixer: break;
  }
  return 0;
}

void describe_experts(const Recipe& r, std::string_view architecture, Keys& keys) {
  const Experts::Shape* e = r.experts();
  if (!e) return;
  std::vector<std::size_t> layers;  // that have them
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    if (std::holds_alternative<Experts::Shape>(r.layers[i].feed_forward)) layers.push_back(i);
  }
  keys.emplace_back("expert_count", count(e->router.experts));
  keys.emplace_back("expert_used_count", count(e->router.used));
  keys.emplace_back("expert_feed_forward_length", count(e->intermediate_size));
  if (e->shared_size > 0) {
    keys.emplace_back("expert_shared_count", count(std::max<std::size_t>(e->shared_size / e->intermediate_size, 1)));
    keys.emplace_back("expert_shared_feed_forward_length", count(e->shared_size));
  }
  const bool in_turn = architecture == "llama4" || architecture == "ernie4_5-moe";
  if (in_turn) {
    const std::size_t step = layers.size() > 1 ? layers[1] - layers[0] : layers[0] + 1;
    keys.emplace_back("interleave_moe_layer_step", count(step));
  }
  if (architecture != "llama4" && layers[0] > 0) keys.emplace_back("leading_dense_block_count", count(layers[0]));
  if (e->router.scale != 1) keys.emplace_back("expert_weights_scale", Json(e->router.scale));
  keys.emplace_back("expert_weights_norm", Json(e->router.normalise));
  if (const std::size_t f = gating_function(e->router.scoring)) keys.emplace_back("expert_gating_func", count(f));
  if (e->router.groups > 1) {
    keys.emplace_back("expert_group_count", count(e->router.groups));
    keys.emplace_back("expert_group_used_count", count(e->router.top_groups));
  }
}

/// Of dense layers, or of experts where there are none.
std::size_t intermediate_size(const Recipe& r) {
  for (const LayerRecipe& layer : r.layers) {
    if (const auto* mlp = std::get_if<Mlp::Shape>(&layer.feed_forward)) return mlp->intermediate_size;
  }
  return r.experts() ? r.experts()->intermediate_size : 0;
}

}  // namespace

Keys describe(const Recipe& r, std::string_view architecture) {
  Keys keys;
  keys.emplace_back("context_length", count(r.context));
  keys.emplace_back("block_count", count(r.encoder.empty() ? r.layers.size() : r.encoder.front().layers.size()));
  keys.emplace_back("embedding_length", count(r.hidden_size));
  const bool called_rms = r.norm == NormKind::rms || architecture == "phimoe";
  keys.emplace_back(called_rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
                    Json(r.norm_eps));
  describe_attention(r, architecture, keys);
  describe_state_space(r, keys);
  describe_latent_attention(r, keys);
  if (const std::size_t n = intermediate_size(r)) keys.emplace_back("feed_forward_length", count(n));
  describe_experts(r, architecture, keys);
  if (r.both_directions) keys.emplace_back("attention.causal", Json(false));
  if (!r.encoder.empty()) {
    keys.emplace_back("decoder_block_count", count(r.layers.size()));
    const bool bucketed = r.distances.has_value();
    if (bucketed) keys.emplace_back("attention.relative_buckets_count", count(r.distances->count));
  }
  if (!r.ropes.empty()) describe_rope(r.ropes[0], keys);
  if (r.ropes.size() > 1) keys.emplace_back("rope.freq_base_swa", Json(r.ropes[1].theta));
  if (std::holds_alternative<std::monostate>(r.layers.front().feed_forward)) {  // llama.cpp asks for both
    keys.emplace_back("feed_forward_length", count(0));
    keys.emplace_back("attention.head_count", count(0));
  }
  if (architecture == "granitehybrid") keys.emplace_back("rope.scaling.finetuned", Json(r.attention()->rope >= 0));
  if (architecture == "gptneox" || architecture == "stablelm") {
    keys.emplace_back("use_parallel_residual", Json(r.parallel));
  }
  const bool divides = architecture.starts_with("granite");  // there the key is what logits are divided by
  if (r.logit_scale != 1) keys.emplace_back("logit_scale", Json(divides ? 1 / r.logit_scale : r.logit_scale));
  if (r.logit_softcap > 0) keys.emplace_back("final_logit_softcapping", Json(r.logit_softcap));
  if (r.residual_scale != 1) keys.emplace_back("residual_scale", Json(r.residual_scale));
  if (divides && r.embedding_scale != 1) keys.emplace_back("embedding_scale", Json(r.embedding_scale));
  return keys;
}

}  // namespace ondol
