// ELECTRA: BERT with an embedding that may be narrower.
#include "models/families/families.hpp"

namespace ondol {

Recipe electra(const Config& c) {
  Recipe r = bert(c);
  r.embedding_size = c.count_or("embedding_size", 128);
  r.transform = Activation::gelu;
  r.head.activation = Activation::gelu;
  return r;
}

Naming electra_names(const Config& c) {
  return with(bert_names(c), {{"embeddings_project", "embd_projection"},
                              {"classifier.dense", "cls"},
                              {"classifier.out_proj", "cls.output"},
                              {"generator_predictions.dense", "output_transform"},
                              {"generator_predictions.LayerNorm", "output_transform_norm"},
                              {"generator_lm_head", "output"}});
}

}  // namespace ondol
