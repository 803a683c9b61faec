// OLMo 3: OLMo 2 with a window in three layers of four; the others alone have a stretched rotary embedding.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/rope_config.hpp"

namespace ondol {

void olmo3_windows(const Config& c, Recipe& r) {
  set_windows(c, r, 4);
  RopeRecipe local = rope_of(c, r.attention()->head_dim, 10'000, "sliding_attention");
  local.scaling = {};
  r.ropes.push_back(local);
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.rope = a.window ? 1 : 0; });
}

Recipe olmo3(const Config& c) {
  Recipe r = olmo2(c);
  olmo3_windows(c, r);
  return r;
}

}  // namespace ondol
