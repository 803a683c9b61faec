// Llama 1 .. 3.x and what shares its shape: Mistral, SmolLM2 and many more; Mixtral, with eight experts in the place of
// each feed-forward block, the two best weighed among themselves.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe llama(const Config& c) {
  Recipe r = llama_like(c);
  r.ropes[0].pairs = Rope::Pairs::neighbours;
  if (c.texts("layer_types").empty()) {
    const std::size_t window = c.count_or("sliding_window", 0, 1u << 30);
    each_attention(r, [&](Attention::Shape& a, std::size_t) { a.window = window; });
  } else {
    set_windows(c, r, 0);
  }
  if (c.count_or("num_experts", 0) > 0) {
    Experts::Shape experts = experts_of(c, Router::Scoring::softmax);
    experts.router.normalise = true;
    put_experts(r, experts);
  }
  return r;
}

}  // namespace ondol
