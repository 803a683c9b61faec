// Qwen 1.5 and 2 with experts: Qwen 2, in some layers many small experts and a shared one with a gate of its own.
// Qwen 3 with experts: the same on Qwen 3, without a shared one.
#include <algorithm>

#include "models/expert_config.hpp"
#include "models/families/families.hpp"

namespace ondol {

void put_qwen_experts(const Config& c, Recipe& r, const Experts::Shape& experts) {
  const std::size_t step = c.count_or("decoder_sparse_step", 1);
  const std::vector<std::int64_t> dense = c.integers("mlp_only_layers");
  put_experts(r, experts, [&](std::size_t i) {
    return (i + 1) % step == 0 && std::ranges::find(dense, static_cast<std::int64_t>(i)) == dense.end();
  });
}

Recipe qwen2_moe(const Config& c) {
  Recipe r = qwen2(c);
  Experts::Shape experts = experts_of(c, Router::Scoring::softmax);
  experts.router.normalise = c.flag_or("norm_topk_prob", false);
  experts.shared_size = c.has("shared_expert_intermediate_size") ? c.count("shared_expert_intermediate_size")
                                                                 : c.count("intermediate_size");
  experts.shared_gate = true;
  put_qwen_experts(c, r, experts);
  return r;
}

Recipe qwen3_moe(const Config& c) {
  Recipe r = qwen3(c);
  Experts::Shape experts = experts_of(c, Router::Scoring::softmax);
  experts.router.normalise = c.flag_or("norm_topk_prob", c.is_gguf());
  put_qwen_experts(c, r, experts);
  return r;
}

Naming moe_names(const Config&) { return with_experts(llama_names()); }

Naming qwen2_moe_names(const Config&) {
  return with(with_experts(llama_names()), {{"model.layers.{}.mlp.shared_expert.gate_proj", "blk.{}.ffn_gate_shexp"},
                                            {"model.layers.{}.mlp.shared_expert.up_proj", "blk.{}.ffn_up_shexp"},
                                            {"model.layers.{}.mlp.shared_expert.down_proj", "blk.{}.ffn_down_shexp"},
                                            {"model.layers.{}.mlp.shared_expert_gate", "blk.{}.ffn_gate_inp_shexp", &layouts::one_row}});
}

}  // namespace ondol
