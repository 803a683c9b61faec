// Command R (Cohere): LayerNorm without biases, one for both blocks side by side, neighbours rotated, scaled logits.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe cohere(const Config& c) {
  Recipe r = llama_like(c);
  r.norm = NormKind::layer;
  r.parallel = true;
  r.ropes[0].pairs = Rope::Pairs::neighbours;
  r.logit_scale = c.positive_or("logit_scale", 0.0625);
  if (c.flag_or("use_qk_norm", false)) {
    each_attention(r, [](Attention::Shape& a, std::size_t) { a.query_key_norm = QueryKeyNorm::each_head; });
  }
  return r;
}

}  // namespace ondol
