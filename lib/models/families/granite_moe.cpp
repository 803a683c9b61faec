// Granite 3 with experts: Granite's multipliers, a softmax over the chosen experts, and in some models a shared one.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"

namespace ondol {

Recipe granite_moe(const Config& c) {
  Recipe r = granite(c);
  Experts::Shape experts = experts_of(c, Router::Scoring::softmax_of_chosen);
  experts.shared_size = c.count_or("shared_intermediate_size", c.count_or("shared_expert_intermediate_size", 0));
  put_experts(r, experts);
  return r;
}

Naming granite_moe_names(const Config&) {
  const Layout* first = &layouts::first_half;
  const Layout* second = &layouts::second_half;
  return with(rotated_llama_names(), {{"model.layers.{}.block_sparse_moe.router.layer", "blk.{}.ffn_gate_inp"},
                                      {"model.layers.{}.block_sparse_moe.input_linear", "blk.{}.ffn_gate_exps", first},
                                      {"model.layers.{}.block_sparse_moe.input_linear", "blk.{}.ffn_up_exps", second},
                                      {"model.layers.{}.block_sparse_moe.output_linear", "blk.{}.ffn_down_exps"},
                                      {"model.layers.{}.shared_mlp.input_linear", "blk.{}.ffn_gate_shexp", first},
                                      {"model.layers.{}.shared_mlp.input_linear", "blk.{}.ffn_up_shexp", second},
                                      {"model.layers.{}.shared_mlp.output_linear", "blk.{}.ffn_down_shexp"}});
}

}  // namespace ondol
