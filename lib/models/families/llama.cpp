// Llama 1 .. 3.x and what shares its shape: Mistral, SmolLM2 and many more.
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
  return r;
}

}  // namespace ondol
