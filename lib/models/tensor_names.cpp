#include "models/tensor_names.hpp"

namespace ondol {

const TensorNames gguf_names{
    .embedding = "token_embd.weight",
    .output_norm = "output_norm.weight",
    .output = "output.weight",
    .rope_factors = "rope_freqs.weight",
    .attention_norm = "blk.{}.attn_norm.weight",
    .query = "blk.{}.attn_q.weight",
    .key = "blk.{}.attn_k.weight",
    .value = "blk.{}.attn_v.weight",
    .attention_output = "blk.{}.attn_output.weight",
    .mlp_norm = "blk.{}.ffn_norm.weight",
    .gate = "blk.{}.ffn_gate.weight",
    .up = "blk.{}.ffn_up.weight",
    .down = "blk.{}.ffn_down.weight",
};

}  // namespace ondol
