// OLMo 2: norms behind the blocks, and one over all heads of queries and keys.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe olmo2(const Config& c) {
  Recipe r = llama_like(c);
  r.norm_place = NormPlace::after;
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.query_key_norm = QueryKeyNorm::whole; });
  if (c.is_gguf() && c.has("sliding_window")) olmo3_windows(c, r);  // GGUF files call OLMo 3 olmo2 too
  return r;
}

Naming post_norm_names(const Config&) {
  return with(llama_names(), {{"model.layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"},
                              {"model.layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm"}});
}

}  // namespace ondol
