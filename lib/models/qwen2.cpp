// Qwen 2 and 2.5: Llama with biases on q, k and v, and rotation of halves.
#include "models/llama_like.hpp"
#include "models/registry.hpp"

namespace ondol {

Recipe qwen2(const Config& c) {
  Recipe r = llama_like(c);
  r.rope.pairs = Rope::Pairs::halves;
  r.attention.qkv_bias = Presence::required;
  return r;
}

}  // namespace ondol
