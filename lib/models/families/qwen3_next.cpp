// Qwen 3 Next: gated delta nets, every fourth layer attention with a gate, Qwen 2's mixture of experts, norms stored as
// the difference to 1.
#include "models/delta_config.hpp"
#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {

Recipe qwen3_next(const Config& c) {
  Recipe r = qwen3(c);
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.gated = true; });
  Experts::Shape experts = experts_of(c, Router::Scoring::softmax);
  experts.router.normalise = c.flag_or("norm_topk_prob", true);
  experts.shared_size = c.count("shared_expert_intermediate_size");
  experts.shared_gate = true;
  put_qwen_experts(c, r, experts);
  const GatedDelta::Shape delta = delta_of(c);
  const std::vector<bool> attention = attention_layers(c, r.layers.size());
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    if (!attention[i]) r.layers[i].mixer = delta;
  }
  return r;
}

Naming qwen3_next_names(const Config& c) {
  const Layout* one = &layouts::plus_one;
  return with(qwen2_moe_names(c),
              {{"model.norm", "output_norm", one},
               {"model.layers.{}.input_layernorm", "blk.{}.attn_norm", one},
               {"model.layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm", one},
               {"model.layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm", one},
               {"model.layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm", one},
               {"model.layers.{}.linear_attn.in_proj_qkvz", "blk.{}.attn_qkv", &layouts::delta_inputs},
               {"model.layers.{}.linear_attn.in_proj_qkvz", "blk.{}.attn_gate", &layouts::delta_gate},
               {"model.layers.{}.linear_attn.in_proj_ba", "blk.{}.ssm_ba"},
               {"model.layers.{}.linear_attn.conv1d", "blk.{}.ssm_conv1d", &layouts::depthwise},
               {"model.layers.{}.linear_attn.dt_bias", "blk.{}.ssm_dt.bias"},
               {"model.layers.{}.linear_attn.A_log", "blk.{}.ssm_a", &layouts::minus_exp},
               {"model.layers.{}.linear_attn.norm", "blk.{}.ssm_norm"},
               {"model.layers.{}.linear_attn.out_proj", "blk.{}.ssm_out"}});
}

}  // namespace ondol
