// How Mixtral and Phi 3.5 MoE name the tensors of their experts.
#include "models/families/families.hpp"

namespace ondol {
namespace {

Naming with_sparse_blocks(const Naming& base) {
  return with(base, {{"model.layers.{}.block_sparse_moe.gate", "blk.{}.ffn_gate_inp"},
                     {"model.layers.{}.block_sparse_moe.experts.{}.w1", "blk.{}.ffn_gate_exps"},
                     {"model.layers.{}.block_sparse_moe.experts.{}.w2", "blk.{}.ffn_down_exps"},
                     {"model.layers.{}.block_sparse_moe.experts.{}.w3", "blk.{}.ffn_up_exps"}});
}

}  // namespace

Naming mixtral_names(const Config&) { return with_sparse_blocks(rotated_llama_names()); }
Naming phimoe_names(const Config&) { return with_sparse_blocks(llama_names()); }

}  // namespace ondol
