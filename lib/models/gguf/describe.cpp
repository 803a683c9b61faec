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
  if (s.kind == Kind::longrope && s.attention_factor > 0) {
    keys.emplace_back("rope.scaling.attn_factor", Json(s.attention_factor));
  }
}

void describe_attention(const Recipe& r, Keys& keys) {
  const Attention::Shape* a = r.attention();
  if (!a) return;
  keys.emplace_back("attention.head_count", count(a->heads));
  keys.emplace_back("attention.head_count_kv", count(a->kv_heads));
  keys.emplace_back("attention.key_length", count(a->head_dim));
  keys.emplace_back("attention.value_length", count(a->head_dim));
  if (static_cast<float>(a->scale) != static_cast<float>(1 / std::sqrt(static_cast<double>(a->head_dim)))) {
    keys.emplace_back("attention.scale", Json(a->scale));
  }
  if (a->softcap > 0) keys.emplace_back("attn_logit_softcapping", Json(a->softcap));
  if (a->clip > 0) keys.emplace_back("attention.clamp_kqv", Json(a->clip));
  if (a->alibi > 0) keys.emplace_back("attention.max_alibi_bias", Json(a->alibi));
  std::size_t window = 0;
  Json::Array pattern;
  for (const LayerRecipe& layer : r.layers) {
    const auto* own = std::get_if<Attention::Shape>(&layer.mixer);
    pattern.emplace_back(own && own->window > 0);
    if (own && own->window > 0) window = own->window;
  }
  if (window == 0) return;
  keys.emplace_back("attention.sliding_window", count(window));
  if (!std::ranges::all_of(pattern, [](const Json& j) { return *j.as_bool(); })) {
    keys.emplace_back("attention.sliding_window_pattern", Json(std::move(pattern)));
  }
}

}  // namespace

Keys describe(const Recipe& r, std::string_view architecture) {
  Keys keys;
  keys.emplace_back("context_length", count(r.context));
  keys.emplace_back("block_count", count(r.encoder.empty() ? r.layers.size() : r.encoder.front().layers.size()));
  keys.emplace_back("embedding_length", count(r.hidden_size));
  keys.emplace_back(r.norm == NormKind::rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
                    Json(r.norm_eps));
  describe_attention(r, keys);
  if (const auto* mlp = std::get_if<Mlp::Shape>(&r.layers.front().feed_forward)) {
    keys.emplace_back("feed_forward_length", count(mlp->intermediate_size));
  }
  if (r.both_directions) keys.emplace_back("attention.causal", Json(false));
  if (!r.encoder.empty()) {
    keys.emplace_back("decoder_block_count", count(r.layers.size()));
    const bool bucketed = r.distances.has_value();
    if (bucketed) keys.emplace_back("attention.relative_buckets_count", count(r.distances->count));
  }
  if (!r.ropes.empty()) describe_rope(r.ropes[0], keys);
  if (r.ropes.size() > 1) keys.emplace_back("rope.freq_base_swa", Json(r.ropes[1].theta));
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
