// BLOOM: ALiBi and a norm behind the embedding.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe bloom(const Config& c) {
  Recipe r = gpt_like(c);
  r.context = c.count_or("max_position_embeddings", 2048, 1u << 30);
  r.embedding_norm = true;
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.alibi = 8; });
  each_mlp(r, [](Mlp::Shape& m, std::size_t) { m.activation = Activation::gelu_tanh; });
  return r;
}

Naming bloom_names(const Config&) {
  return {{"transformer.word_embeddings", "token_embd"},
          {"transformer.word_embeddings_layernorm", "token_embd_norm"},
          {"transformer.ln_f", "output_norm"},
          {"lm_head", "output"},
          {"transformer.h.{}.input_layernorm", "blk.{}.attn_norm"},
          {"transformer.h.{}.self_attention.query_key_value", "blk.{}.attn_qkv", &layouts::heads_of_three},
          {"transformer.h.{}.self_attention.dense", "blk.{}.attn_output"},
          {"transformer.h.{}.post_attention_layernorm", "blk.{}.ffn_norm"},
          {"transformer.h.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"},
          {"transformer.h.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"}};
}

}  // namespace ondol
