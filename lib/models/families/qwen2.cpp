// Qwen 2 and 2.5: Llama with biases on q, k and v, and rotation of halves.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe qwen2(const Config& c) {
  Recipe r = llama_like(c);
  if (!c.flag_or("use_sliding_window", c.is_gguf())) return r;
  if (c.texts("layer_types").empty() && !c.has("sliding_window_layers")) {  // the upper layers
    const std::size_t window = c.count_or("sliding_window", 0, 1u << 30);
    const std::size_t full = c.count_or("max_window_layers", c.is_gguf() ? 0 : 28);
    each_attention(r, [&](Attention::Shape& a, std::size_t i) { a.window = i >= full ? window : 0; });
  } else {
    set_windows(c, r, 0);
  }
  return r;
}

}  // namespace ondol
