// Nomic's BERT: rotary embeddings and gated feed-forward blocks, no biases.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/rope_config.hpp"

namespace ondol {

Recipe nomic_bert(const Config& c) {
  Recipe r = bert(c);
  r.positions.reset();
  r.transform = Activation::gelu;
  r.ropes = {rope_of(c, r.attention()->head_dim)};
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.rope = 0; });
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) {
    m.gated = true;
    m.activation = activation_of(c, "silu");
  });
  return r;
}

Naming nomic_bert_names(const Config&) {
  return {{"embeddings.word_embeddings", "token_embd"},
          {"embeddings.token_type_embeddings", "token_types", &layouts::matrix},
          {"emb_ln", "token_embd_norm"},
          {"encoder.layers.{}.attn.Wqkv", "blk.{}.attn_qkv"},
          {"encoder.layers.{}.attn.out_proj", "blk.{}.attn_output"},
          {"encoder.layers.{}.norm1", "blk.{}.attn_output_norm"},
          {"encoder.layers.{}.mlp.fc11", "blk.{}.ffn_up"},
          {"encoder.layers.{}.mlp.fc12", "blk.{}.ffn_gate"},
          {"encoder.layers.{}.mlp.fc2", "blk.{}.ffn_down"},
          {"encoder.layers.{}.norm2", "blk.{}.layer_output_norm"}};
}

}  // namespace ondol
