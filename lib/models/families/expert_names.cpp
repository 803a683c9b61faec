// How most checkpoints of mixtures of experts name their tensors.
#include "models/naming.hpp"

namespace ondol {

Naming with_experts(const Naming& base) {
  return with(base, {{"model.layers.{}.mlp.gate", "blk.{}.ffn_gate_inp"},
                     {"model.layers.{}.mlp.gate.e_score_correction_bias", "blk.{}.exp_probs_b.bias"},
                     {"model.layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_gate_exps.weight", &layouts::first_half},
                     {"model.layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_up_exps.weight", &layouts::second_half},
                     {"model.layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight"},
                     {"model.layers.{}.mlp.experts.{}.gate_proj", "blk.{}.ffn_gate_exps"},
                     {"model.layers.{}.mlp.experts.{}.up_proj", "blk.{}.ffn_up_exps"},
                     {"model.layers.{}.mlp.experts.{}.down_proj", "blk.{}.ffn_down_exps"},
                     {"model.layers.{}.mlp.shared_experts.gate_proj", "blk.{}.ffn_gate_shexp"},
                     {"model.layers.{}.mlp.shared_experts.up_proj", "blk.{}.ffn_up_shexp"},
                     {"model.layers.{}.mlp.shared_experts.down_proj", "blk.{}.ffn_down_shexp"}});
}

}  // namespace ondol
