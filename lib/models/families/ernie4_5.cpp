// ERNIE 4.5: Llama with a rotary embedding of neighbours.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe ernie4_5(const Config& c) {
  Recipe r = llama_like(c);
  r.ropes[0].pairs = Rope::Pairs::neighbours;
  return r;
}

}  // namespace ondol
