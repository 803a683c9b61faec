// Phi 3 and 4: Llama with q, k, v in one matrix, gate and up in another, and a rotary embedding for long sequences.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe phi3(const Config& c) {
  Recipe r = llama_like(c);
  const std::size_t window = c.count_or("sliding_window", 0, 1u << 30);
  each_attention(r, [&](Attention::Shape& a, std::size_t) { a.window = window; });
  return r;
}

Naming phi3_names(const Config&) {
  return with(llama_names(), {{"model.layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up"}});
}

}  // namespace ondol
