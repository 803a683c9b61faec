#include "models/gguf/keys.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <iterator>

namespace ondol {
namespace {

using Type = KeyType;

/// A parameter of config.json and GGUF's key for it, behind "<architecture>.". Source: gguf-py's constants. Of two rows
/// with one name the first key that the file has counts.
struct Row {
  std::string_view name;
  std::string_view key;
  Type type;
};

constexpr Row rows[] = {
    {"max_position_embeddings", "context_length", Type::count},
    {"num_hidden_layers", "block_count", Type::count},
    {"hidden_size", "embedding_length", Type::count},
    {"intermediate_size", "feed_forward_length", Type::count},
    {"norm_eps", "attention.layer_norm_rms_epsilon", Type::number},
    {"norm_eps", "attention.layer_norm_epsilon", Type::number},
    {"num_attention_heads", "attention.head_count", Type::count},
    {"num_key_value_heads", "attention.head_count_kv", Type::count},
    {"head_dim", "attention.key_length", Type::count},
    {"qk_head_dim", "attention.key_length_mla", Type::count},
    {"v_head_dim", "attention.value_length_mla", Type::count},
    {"v_head_dim", "attention.value_length", Type::count},
    {"attention_multiplier", "attention.scale", Type::number},
    {"sliding_window", "attention.sliding_window", Type::count},
    {"sliding_window_layers", "attention.sliding_window_pattern", Type::flags},
    {"clip_qkv", "attention.clamp_kqv", Type::number},
    {"alibi_bias_max", "attention.max_alibi_bias", Type::number},
    {"attn_logit_softcapping", "attn_logit_softcapping", Type::number},
    {"final_logit_softcapping", "final_logit_softcapping", Type::number},
    {"logit_scale", "logit_scale", Type::number},
    {"embedding_multiplier", "embedding_scale", Type::number},
    {"residual_multiplier", "residual_scale", Type::number},
    {"use_parallel_residual", "use_parallel_residual", Type::flag},
    {"q_lora_rank", "attention.q_lora_rank", Type::count},
    {"kv_lora_rank", "attention.kv_lora_rank", Type::count},
    {"num_experts", "expert_count", Type::count},
    {"num_experts_per_tok", "expert_used_count", Type::count},
    {"moe_intermediate_size", "expert_feed_forward_length", Type::count},
    {"shared_expert_intermediate_size", "expert_shared_feed_forward_length", Type::count},
    {"n_shared_experts", "expert_shared_count", Type::count},
    {"routed_scaling_factor", "expert_weights_scale", Type::number},
    {"norm_topk_prob", "expert_weights_norm", Type::flag},
    {"first_k_dense_replace", "leading_dense_block_count", Type::count},
    {"n_group", "expert_group_count", Type::count},
    {"topk_group", "expert_group_used_count", Type::count},
    {"num_decoder_layers", "decoder_block_count", Type::count},
    {"decoder_start_token_id", "decoder_start_token_id", Type::count},
    {"relative_attention_num_buckets", "attention.relative_buckets_count", Type::count},
    {"pooling_type", "pooling_type", Type::count},
    {"is_causal", "attention.causal", Type::flag},
    {"expert_gating_func", "expert_gating_func", Type::count},
    {"interleave_moe_layer_step", "interleave_moe_layer_step", Type::count},
    {"nextn_predict_layers", "nextn_predict_layers", Type::count},
    {"floor_scale", "attention.temperature_length", Type::count},
    {"attn_scale", "attention.temperature_scale", Type::number},
    {"rope_dimensions", "rope.dimension_count", Type::count},
    {"qk_rope_head_dim", "rope.dimension_count", Type::count},
    {"rope_theta", "rope.freq_base", Type::number},
    {"rope_local_base_freq", "rope.freq_base_swa", Type::number},
    {"rope_scaling_type", "rope.scaling.type", Type::text},
    {"rope_scaling_factor", "rope.scaling.factor", Type::number},
    {"rope_scaling_factor", "rope.scale_linear", Type::number},
    {"rope_original_context", "rope.scaling.original_context_length", Type::number},
    {"rope_attn_factor", "rope.scaling.attn_factor", Type::number},
    {"rope_yarn_attn_factor", "rope.scaling.yarn_attn_factor", Type::number},
    {"rope_beta_fast", "rope.scaling.yarn_beta_fast", Type::number},
    {"rope_beta_slow", "rope.scaling.yarn_beta_slow", Type::number},
    {"rope_yarn_log_multiplier", "rope.scaling.yarn_log_multiplier", Type::number},
    {"ssm_conv_kernel", "ssm.conv_kernel", Type::count},
    {"ssm_inner_size", "ssm.inner_size", Type::count},
    {"ssm_state_size", "ssm.state_size", Type::count},
    {"ssm_time_step_rank", "ssm.time_step_rank", Type::count},
    {"ssm_group_count", "ssm.group_count", Type::count},
    {"ssm_dt_b_c_rms", "ssm.dt_b_c_rms", Type::flag},
    {"ssm_conv_kernel", "shortconv.l_cache", Type::count},
    {"full_attention_interval", "full_attention_interval", Type::count},
    {"rope_used", "rope.scaling.finetuned", Type::flag},  // what it says in hybrids of Granite
};

Json list(const std::vector<std::int64_t>& items, Type type) {
  Json::Array out;
  for (const std::int64_t item : items) out.push_back(type == Type::flags ? Json(item != 0) : Json(item));
  return Json(std::move(out));
}

Json value_of(const WeightSource& source, const std::string& key, Type type) {
  switch (type) {
    case Type::count:
      if (source.is_array(key)) return list(*source.integers(key), type);  // one number a layer, in some files
      return Json(*source.count(key));
    case Type::number: return Json(*source.number(key));
    case Type::flag: return Json(*source.flag(key));
    case Type::text: return Json(*source.text(key));
    case Type::flags:
      if (!source.is_array(key)) return Json(*source.count(key));
      return list(*source.integers(key), type);
  }
  return {};
}

/// Members by row; of two rows with one name the first that has a value counts.
template <class ValueOf>
Json config_of(ValueOf&& value_of_row, const std::function<bool(std::string_view)>& has_tensor) {
  std::vector<Json::Member> members;
  const bool normed = has_tensor("blk.0.attn_q_norm.weight");
  members.emplace_back("use_qk_norm", Json(normed));
  members.emplace_back("qk_layernorm", Json(normed));
  members.emplace_back("mamba_rms_norm", Json(has_tensor("blk.0.ssm_norm.weight")));
  for (const Row& row : rows) {
    if (std::ranges::find(members, row.name, &Json::Member::first) != members.end()) continue;
    if (Json value = value_of_row(row); !value.is_null()) members.emplace_back(std::string(row.name), std::move(value));
  }
  const auto layers = std::ranges::find(members, "num_hidden_layers", &Json::Member::first);
  if (layers != members.end()) {
    Json::Array mixtures;
    const std::uint64_t count = std::min<std::uint64_t>(layers->second.as_uint64().value_or(0), 10'000);
    for (std::uint64_t i = 0; i < count; ++i) {
      mixtures.emplace_back(has_tensor(fmt::format("blk.{}.ffn_gate_inp.weight", i)));
    }
    members.emplace_back("expert_layers", Json(std::move(mixtures)));
  }
  return Json::object(std::move(members));
}

}  // namespace

Json gguf_config(const WeightSource& source, std::string_view architecture) {
  return config_of([&](const Row& row) -> Json {
    const std::string key = fmt::format("{}.{}", architecture, row.key);
    return source.has(key) ? value_of(source, key, row.type) : Json();
  }, [&](std::string_view name) { return source.find(name) != nullptr; });
}

Json gguf_config(const std::vector<std::pair<std::string_view, Json>>& keys,
                 const std::function<bool(std::string_view)>& has_tensor) {
  return config_of([&](const Row& row) -> Json {
    const auto found = std::ranges::find(keys, row.key, &std::pair<std::string_view, Json>::first);
    return found != keys.end() ? found->second : Json();
  }, has_tensor);
}

KeyType gguf_key_type(std::string_view key) {
  const auto* row = std::ranges::find(rows, key, &Row::key);
  return row == std::end(rows) ? KeyType::text : row->type;
}

std::string gguf_key(std::string_view name, std::string_view architecture) {
  const auto* row = std::ranges::find(rows, name, &Row::name);
  return row == std::end(rows) ? fmt::format("ondol.{}", name) : fmt::format("{}.{}", architecture, row->key);
}

}  // namespace ondol
