// DistilBERT: BERT without kinds of token, and with names of its own.
#include "models/families/families.hpp"

namespace ondol {

Recipe distilbert(const Config& c) {
  Recipe r = bert(c);
  if (c.flag_or("sinusoidal_pos_embds", false)) r.position_kind = Positions::sinusoidal;
  r.head.activation = Activation::relu;
  return r;
}

Naming distilbert_names(const Config&) {
  return {{"embeddings.word_embeddings", "token_embd"},
          {"embeddings.position_embeddings", "position_embd"},
          {"embeddings.LayerNorm", "token_embd_norm"},
          {"transformer.layer.{}.attention.q_lin", "blk.{}.attn_q"},
          {"transformer.layer.{}.attention.k_lin", "blk.{}.attn_k"},
          {"transformer.layer.{}.attention.v_lin", "blk.{}.attn_v"},
          {"transformer.layer.{}.attention.out_lin", "blk.{}.attn_output"},
          {"transformer.layer.{}.sa_layer_norm", "blk.{}.attn_output_norm"},
          {"transformer.layer.{}.ffn.lin1", "blk.{}.ffn_up"},
          {"transformer.layer.{}.ffn.lin2", "blk.{}.ffn_down"},
          {"transformer.layer.{}.output_layer_norm", "blk.{}.layer_output_norm"},
          {"pre_classifier", "cls"},
          {"classifier", "cls.output"},
          {"vocab_transform", "output_transform"},
          {"vocab_layer_norm", "output_transform_norm"},
          {"vocab_projector", "output"}};
}

}  // namespace ondol
