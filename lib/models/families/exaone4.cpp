// EXAONE 4: norms behind the blocks and of each query and key head; where some layers have a window, the others have no
// rotary embedding.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe exaone4(const Config& c) {
  Recipe r = llama_like(c);
  r.norm_place = NormPlace::after;
  const bool hybrid = c.count_or("sliding_window", 0, 1u << 30) > 0;
  if (hybrid) set_windows(c, r, 4);
  each_attention(r, [&](Attention::Shape& a, std::size_t) {
    a.query_key_norm = QueryKeyNorm::head;
    a.rope = hybrid && a.window == 0 ? -1 : 0;
  });
  return r;
}

}  // namespace ondol
