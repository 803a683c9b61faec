// Jamba: Mamba layers with norms of time step, B and C, some layers of attention without positions, and in some layers
// a mixture of experts.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {
namespace {

bool has_experts(const Config& c, std::size_t layer, const std::vector<std::int64_t>& stated) {
  if (!stated.empty()) return layer < stated.size() && stated[layer] != 0;
  return layer % c.count_or("expert_layer_period", 2) == c.count_or("expert_layer_offset", 1);
}

}  // namespace

Recipe jamba(const Config& c) {
  Recipe r = llama_like(c);
  r.ropes.clear();
  Mamba::Shape state_space = mamba_of(c);
  state_space.norms = true;
  const std::vector<bool> attention = attention_layers(c, r.layers.size());
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.rope = -1; });
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    if (!attention[i]) r.layers[i].mixer = state_space;
  }
  if (c.count_or("num_experts", 0) > 1) {
    const std::vector<std::int64_t> stated = c.integers("expert_layers");
    put_experts(r, experts_of(c, Router::Scoring::softmax), [&](std::size_t i) { return has_experts(c, i, stated); });
  }
  return r;
}

Naming jamba_names(const Config&) {
  return with(llama_names(), {{"model.final_layernorm", "output_norm"},
                              {"model.layers.{}.mamba.in_proj", "blk.{}.ssm_in"},
                              {"model.layers.{}.mamba.conv1d", "blk.{}.ssm_conv1d", &layouts::depthwise},
                              {"model.layers.{}.mamba.x_proj", "blk.{}.ssm_x"},
                              {"model.layers.{}.mamba.dt_proj", "blk.{}.ssm_dt"},
                              {"model.layers.{}.mamba.dt_layernorm", "blk.{}.ssm_dt_norm"},
                              {"model.layers.{}.mamba.b_layernorm", "blk.{}.ssm_b_norm"},
                              {"model.layers.{}.mamba.c_layernorm", "blk.{}.ssm_c_norm"},
                              {"model.layers.{}.mamba.A_log", "blk.{}.ssm_a", &layouts::minus_exp},
                              {"model.layers.{}.mamba.D", "blk.{}.ssm_d"},
                              {"model.layers.{}.mamba.out_proj", "blk.{}.ssm_out"},
                              {"model.layers.{}.pre_ff_layernorm", "blk.{}.ffn_norm"},
                              {"model.layers.{}.feed_forward.gate_proj", "blk.{}.ffn_gate"},
                              {"model.layers.{}.feed_forward.up_proj", "blk.{}.ffn_up"},
                              {"model.layers.{}.feed_forward.down_proj", "blk.{}.ffn_down"},
                              {"model.layers.{}.feed_forward.router", "blk.{}.ffn_gate_inp"},
                              {"model.layers.{}.feed_forward.experts.{}.gate_proj", "blk.{}.ffn_gate_exps"},
                              {"model.layers.{}.feed_forward.experts.{}.up_proj", "blk.{}.ffn_up_exps"},
                              {"model.layers.{}.feed_forward.experts.{}.down_proj", "blk.{}.ffn_down_exps"}});
}

}  // namespace ondol
