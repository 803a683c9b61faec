// SmolLM3: Llama without a rotary embedding in every fourth layer.
#include <fmt/format.h>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe smollm3(const Config& c) {
  Recipe r = llama_like(c);
  r.ropes[0].pairs = Rope::Pairs::neighbours;
  const std::vector<std::int64_t> with_rope = c.integers("no_rope_layers");  // 1 where there is one
  if (!with_rope.empty() && with_rope.size() != r.layers.size()) {
    c.refuse("no_rope_layers", fmt::format("{} items", r.layers.size()));
  }
  const std::size_t interval = c.count_or("no_rope_layer_interval", 4);
  each_attention(r, [&](Attention::Shape& a, std::size_t i) {
    const bool rope = with_rope.empty() ? (i + 1) % interval != 0 : with_rope[i] != 0;
    a.rope = rope ? 0 : -1;
  });
  if (c.flag_or("use_sliding_window", false)) set_windows(c, r, 0);
  return r;
}

}  // namespace ondol
