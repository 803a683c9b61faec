// Granite: Llama with multipliers on embedding, attention, residuals and logits.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

void granite_multipliers(const Config& c, Recipe& r) {
  r.embedding_scale = c.positive_or("embedding_multiplier", 1);
  r.residual_scale = c.positive_or("residual_multiplier", 1);
  r.logit_scale = 1 / c.positive_or(c.is_gguf() ? "logit_scale" : "logits_scaling", 1);
  each_attention(r, [&](Attention::Shape& a, std::size_t) { a.scale = c.positive_or("attention_multiplier", a.scale); });
}

Recipe granite(const Config& c) {
  Recipe r = llama_like(c);
  r.ropes[0].pairs = Rope::Pairs::neighbours;
  granite_multipliers(c, r);
  return r;
}

}  // namespace ondol
