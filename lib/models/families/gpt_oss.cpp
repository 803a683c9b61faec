// gpt-oss: every other layer with a window, attention sinks, YaRN, biases everywhere, and experts with bounds on what
// their gates see.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe gpt_oss(const Config& c) {
  Recipe r = llama_like(c);
  if (c.is_gguf() && !c.has("rope_parameters")) r.ropes[0].scaling.truncate = false;  // no key says so
  set_windows(c, r, 2);
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.sinks = true; });
  Experts::Shape experts = experts_of(c, Router::Scoring::softmax_of_chosen);
  experts.limit = c.positive_or("swiglu_limit", 7);
  experts.alpha = c.positive_or("swiglu_alpha", experts.alpha);
  put_experts(r, experts);
  return r;
}

Naming gpt_oss_names(const Config&) {
  return with(llama_names(),
              {{"model.layers.{}.self_attn.sinks", "blk.{}.attn_sinks.weight"},
               {"model.layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"},
               {"model.layers.{}.mlp.router", "blk.{}.ffn_gate_inp"},
               {"model.layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_gate_exps.weight", &layouts::even_transposed},
               {"model.layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_up_exps.weight", &layouts::odd_transposed},
               {"model.layers.{}.mlp.experts.gate_up_proj_bias", "blk.{}.ffn_gate_exps.bias", &layouts::even_values},
               {"model.layers.{}.mlp.experts.gate_up_proj_bias", "blk.{}.ffn_up_exps.bias", &layouts::odd_values},
               {"model.layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight", &layouts::transposed},
               {"model.layers.{}.mlp.experts.down_proj_bias", "blk.{}.ffn_down_exps.bias"}});
}

}  // namespace ondol
