// MPNet: RoBERTa with learned biases by distance, which all layers share.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe mpnet(const Config& c) {
  Recipe r = bert(c);
  r.distances = {.count = c.count_or("relative_attention_num_buckets", 32, 1u << 16), .max_distance = 128};
  r.transform = Activation::gelu;
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.relative_bias = true; });
  return r;
}

Naming mpnet_names(const Config& c) {
  return with(roberta_names(c), {{"encoder.relative_attention_bias", "attn_rel_b"},
                                 {"encoder.layer.{}.attention.attn.q", "blk.{}.attn_q"},
                                 {"encoder.layer.{}.attention.attn.k", "blk.{}.attn_k"},
                                 {"encoder.layer.{}.attention.attn.v", "blk.{}.attn_v"},
                                 {"encoder.layer.{}.attention.attn.o", "blk.{}.attn_output"},
                                 {"encoder.layer.{}.attention.LayerNorm", "blk.{}.attn_output_norm"}});
}

}  // namespace ondol
