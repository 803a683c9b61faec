// GPT-NeoX and Pythia: LayerNorm, a part of each head rotated, blocks side by side or one after the other.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/rope_config.hpp"

namespace ondol {

Recipe gpt_neox(const Config& c) {
  Recipe r = gpt_like(c);
  r.parallel = c.flag_or("use_parallel_residual", true);
  const std::size_t head_dim = r.attention()->head_dim;
  r.ropes.push_back(rope_of(c, head_dim));
  if (!c.is_gguf() && !c.has("rope_parameters") && !c.has("rotary_pct")) r.ropes[0].dimensions = head_dim / 4;
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.rope = 0; });
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) { m.activation = activation_of(c, "gelu"); });
  return r;
}

Naming gpt_neox_names(const Config&) {
  return {{"gpt_neox.embed_in", "token_embd"},
          {"gpt_neox.final_layer_norm", "output_norm"},
          {"embed_out", "output"},
          {"gpt_neox.layers.{}.input_layernorm", "blk.{}.attn_norm"},
          {"gpt_neox.layers.{}.attention.query_key_value", "blk.{}.attn_qkv", &layouts::heads_of_three},
          {"gpt_neox.layers.{}.attention.dense", "blk.{}.attn_output"},
          {"gpt_neox.layers.{}.attention.bias", ""},
          {"gpt_neox.layers.{}.attention.masked_bias", ""},
          {"gpt_neox.layers.{}.attention.rotary_emb.inv_freq", ""},
          {"gpt_neox.layers.{}.post_attention_layernorm", "blk.{}.ffn_norm"},
          {"gpt_neox.layers.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"},
          {"gpt_neox.layers.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"}};
}

}  // namespace ondol
