// GPT-2: LayerNorm, learned positions, matrices stored transposed.
#include <cmath>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe gpt_like(const Config& c) {
  Recipe r;
  r.context = c.count_or("max_position_embeddings", 1024, 1u << 30);
  r.hidden_size = c.count("hidden_size");
  r.norm = NormKind::layer;
  r.norm_eps = c.positive_or("norm_eps", 1e-5);
  Attention::Shape a{.heads = c.count("num_attention_heads", 65'536)};
  a.kv_heads = a.heads;
  a.head_dim = r.hidden_size / a.heads;
  if (a.head_dim == 0 || a.head_dim > 512) c.refuse("num_attention_heads", "heads of 1 .. 512 dimensions");
  a.scale = 1 / std::sqrt(static_cast<double>(a.head_dim));
  a.rope = -1;
  const Mlp::Shape mlp{.intermediate_size = c.count_or("intermediate_size", 4 * r.hidden_size),
                       .activation = activation_of(c, "gelu_new"),
                       .gated = false};
  r.layers.assign(c.count("num_hidden_layers", 10'000), {a, mlp});
  return r;
}

Recipe gpt2(const Config& c) {
  Recipe r = gpt_like(c);
  r.positions = 0;
  return r;
}

Naming gpt2_names(const Config&) {
  const Layout* t = &layouts::transposed;
  return {{"transformer.wte", "token_embd"},
          {"transformer.wpe", "position_embd"},
          {"transformer.ln_f", "output_norm"},
          {"lm_head", "output"},
          {"transformer.h.{}.ln_1", "blk.{}.attn_norm"},
          {"transformer.h.{}.attn.c_attn", "blk.{}.attn_qkv", t},
          {"transformer.h.{}.attn.c_proj", "blk.{}.attn_output", t},
          {"transformer.h.{}.attn.bias", ""},
          {"transformer.h.{}.attn.masked_bias", ""},
          {"transformer.h.{}.ln_2", "blk.{}.ffn_norm"},
          {"transformer.h.{}.mlp.c_fc", "blk.{}.ffn_up", t},
          {"transformer.h.{}.mlp.c_proj", "blk.{}.ffn_down", t}};
}

}  // namespace ondol
