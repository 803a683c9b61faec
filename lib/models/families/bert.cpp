// BERT: an encoder with learned positions and kinds of token, norms behind the sums. RoBERTa and its kin count their
// positions from behind the padding token's id.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe bert(const Config& c) {
  Recipe r = gpt_like(c);
  r.context = c.count_or("max_position_embeddings", 512, 1u << 30);
  r.norm_eps = c.positive_or("norm_eps", 1e-12);
  r.norm_place = NormPlace::residual;
  r.both_directions = true;
  r.positions = 0;
  r.embedding_norm = true;
  r.final_norm = false;
  r.transform = activation_of(c, "gelu");
  r.head.pooling = Pooling::first;
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) { m.activation = r.transform; });
  return r;
}

Naming bert_names(const Config&) {
  return {{"embeddings.word_embeddings", "token_embd"},
          {"embeddings.token_type_embeddings", "token_types", &layouts::matrix},
          {"embeddings.position_embeddings", "position_embd"},
          {"embeddings.LayerNorm", "token_embd_norm"},
          {"encoder.layer.{}.attention.self.query", "blk.{}.attn_q"},
          {"encoder.layer.{}.attention.self.key", "blk.{}.attn_k"},
          {"encoder.layer.{}.attention.self.value", "blk.{}.attn_v"},
          {"encoder.layer.{}.attention.output.dense", "blk.{}.attn_output"},
          {"encoder.layer.{}.attention.output.LayerNorm", "blk.{}.attn_output_norm"},
          {"encoder.layer.{}.intermediate.dense", "blk.{}.ffn_up"},
          {"encoder.layer.{}.output.dense", "blk.{}.ffn_down"},
          {"encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm"},
          {"cls.predictions.transform.dense", "output_transform"},
          {"cls.predictions.transform.LayerNorm", "output_transform_norm"},
          {"cls.predictions", "output"},
          {"pooler.dense", "cls"},
          {"classifier", "cls.output"}};
}

Naming roberta_names(const Config& c) {
  return with(bert_names(c), {{"embeddings.position_embeddings", "position_embd", &layouts::behind_padding},
                              {"lm_head.dense", "output_transform"},
                              {"lm_head.layer_norm", "output_transform_norm"},
                              {"lm_head.decoder", "output"},
                              {"lm_head", "output"},
                              {"classifier.dense", "cls"},
                              {"classifier.out_proj", "cls.output"}});
}

}  // namespace ondol
