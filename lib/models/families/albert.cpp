// ALBERT: BERT whose layers share their weights in groups, with a narrow embedding.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe albert(const Config& c) {
  Recipe r = bert(c);
  if (c.count_or("inner_group_num", 1) != 1) c.refuse("inner_group_num", "1", Status::unsupported);
  r.shared_layers = c.count_or("num_hidden_groups", 1, r.layers.size());
  r.embedding_size = c.count_or("embedding_size", 128);
  r.transform = activation_of(c, "gelu_new");
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) { m.activation = r.transform; });
  return r;
}

Naming albert_names(const Config&) {
  return {{"embeddings.word_embeddings", "token_embd"},
          {"embeddings.token_type_embeddings", "token_types", &layouts::matrix},
          {"embeddings.position_embeddings", "position_embd"},
          {"embeddings.LayerNorm", "token_embd_norm"},
          {"encoder.embedding_hidden_mapping_in", "embd_projection"},
          {"encoder.albert_layer_groups.{}.albert_layers.0.attention.query", "blk.{}.attn_q"},
          {"encoder.albert_layer_groups.{}.albert_layers.0.attention.key", "blk.{}.attn_k"},
          {"encoder.albert_layer_groups.{}.albert_layers.0.attention.value", "blk.{}.attn_v"},
          {"encoder.albert_layer_groups.{}.albert_layers.0.attention.dense", "blk.{}.attn_output"},
          {"encoder.albert_layer_groups.{}.albert_layers.0.attention.LayerNorm", "blk.{}.attn_output_norm"},
          {"encoder.albert_layer_groups.{}.albert_layers.0.ffn", "blk.{}.ffn_up"},
          {"encoder.albert_layer_groups.{}.albert_layers.0.ffn_output", "blk.{}.ffn_down"},
          {"encoder.albert_layer_groups.{}.albert_layers.0.full_layer_layer_norm", "blk.{}.layer_output_norm"},
          {"pooler", "cls"},
          {"classifier", "cls.output"},
          {"sop_classifier.classifier", ""},
          {"predictions.dense", "output_transform"},
          {"predictions.LayerNorm", "output_transform_norm"},
          {"predictions.decoder", "output"},
          {"predictions", "output"}};
}

}  // namespace ondol
