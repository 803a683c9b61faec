// Command R7B, Command A (Cohere 2): a window and a rotary embedding in three layers of four, neither in the others.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe cohere2(const Config& c) {
  Recipe r = cohere(c);
  set_windows(c, r, c.count_or("sliding_window_pattern", 4));
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.rope = a.window ? 0 : -1; });
  return r;
}

}  // namespace ondol
