// How Llama's checkpoints, and most that came after, name their tensors.
#include "models/naming.hpp"

namespace ondol {

const Naming& llama_names() {
  static const Naming names = {
      {"model.embed_tokens", "token_embd"},
      {"model.norm", "output_norm"},
      {"lm_head", "output"},
      {"model.layers.{}.input_layernorm", "blk.{}.attn_norm"},
      {"model.layers.{}.self_attn.q_proj", "blk.{}.attn_q"},
      {"model.layers.{}.self_attn.k_proj", "blk.{}.attn_k"},
      {"model.layers.{}.self_attn.v_proj", "blk.{}.attn_v"},
      {"model.layers.{}.self_attn.qkv_proj", "blk.{}.attn_qkv"},
      {"model.layers.{}.self_attn.o_proj", "blk.{}.attn_output"},
      {"model.layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm"},
      {"model.layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm"},
      {"model.layers.{}.self_attn.rotary_emb.inv_freq", ""},
      {"model.layers.{}.post_attention_layernorm", "blk.{}.ffn_norm"},
      {"model.layers.{}.mlp.gate_proj", "blk.{}.ffn_gate"},
      {"model.layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up"},
      {"model.layers.{}.mlp.up_proj", "blk.{}.ffn_up"},
      {"model.layers.{}.mlp.down_proj", "blk.{}.ffn_down"},
  };
  return names;
}

const Naming& rotated_llama_names() {
  static const Naming names =
      with(llama_names(), {{"model.layers.{}.self_attn.q_proj", "blk.{}.attn_q", &layouts::rotated_queries},
                           {"model.layers.{}.self_attn.k_proj", "blk.{}.attn_k", &layouts::rotated_keys}});
  return names;
}

}  // namespace ondol
