// Falcon: blocks side by side; keys and values shared by all heads, by groups, or by none; rotary embedding or ALiBi.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/rope_config.hpp"

namespace ondol {
namespace {

bool groups(const Config& c) { return c.flag_or("new_decoder_architecture", false); }

}  // namespace

Recipe falcon(const Config& c) {
  Recipe r = gpt_like(c);
  const bool alibi = c.flag_or("alibi", false);
  r.parallel = c.is_gguf() || groups(c) || c.flag_or("parallel_attn", true);
  r.ropes.push_back(rope_of(c, r.attention()->head_dim));
  each_attention(r, [&](Attention::Shape& a, std::size_t) {
    const bool shared = c.flag_or("multi_query", true);
    a.kv_heads = c.is_gguf() || groups(c) ? c.count_or("num_key_value_heads", a.heads, a.heads) : shared ? 1 : a.heads;
    if (a.heads % a.kv_heads != 0) c.refuse("num_key_value_heads", "a divisor of the number of heads");
    a.rope = alibi ? -1 : 0;
    a.alibi = alibi ? 8 : 0;
    a.alibi_scale = 2 * a.scale;  // the reference adds it to the mask and to the scores, both scaled
  });
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) { m.activation = activation_of(c, "gelu"); });
  return r;
}

Naming falcon_names(const Config& c) {
  const Layout* qkv = groups(c)                        ? &layouts::kv_groups
                      : c.flag_or("multi_query", true) ? nullptr
                                                       : &layouts::heads_of_three;
  const bool two = groups(c) && c.count_or("num_ln_in_parallel_attn", 2) == 2;
  const Rename norm{"transformer.h.{}.input_layernorm", "blk.{}.attn_norm"};
  const Rename own{"transformer.h.{}.ln_attn", two ? "blk.{}.attn_norm_2" : "blk.{}.attn_norm"};
  return {{"transformer.word_embeddings", "token_embd"},
          {"transformer.ln_f", "output_norm"},
          {"lm_head", "output"},
          groups(c) ? norm : own,
          groups(c) ? own : norm,
          {"transformer.h.{}.ln_mlp", two ? "blk.{}.attn_norm" : "blk.{}.ffn_norm"},
          {"transformer.h.{}.post_attention_layernorm", "blk.{}.ffn_norm"},
          {"transformer.h.{}.self_attention.query_key_value", "blk.{}.attn_qkv", qkv},
          {"transformer.h.{}.self_attention.dense", "blk.{}.attn_output"},
          {"transformer.h.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"},
          {"transformer.h.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"}};
}

}  // namespace ondol
