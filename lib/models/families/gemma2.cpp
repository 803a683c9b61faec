// Gemma 2: norms around each block, soft caps, every other layer with a window.
#include <cmath>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe gemma2(const Config& c) {
  Recipe r = gemma(c);
  r.norm_place = NormPlace::both;
  r.logit_softcap = c.positive_or("final_logit_softcapping", 0);
  const double cap = c.positive_or("attn_logit_softcapping", 0);
  each_attention(r, [&](Attention::Shape& a, std::size_t) {
    a.softcap = cap;
    if (!c.is_gguf()) a.scale = static_cast<float>(1 / std::sqrt(c.positive_or("query_pre_attn_scalar", 256)));
  });
  set_windows(c, r, 2);
  return r;
}

Naming gemma2_names(const Config& c) {
  const Layout* one = &layouts::plus_one;
  return with(gemma_names(c), {{"model.layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm", one},
                               {"model.layers.{}.pre_feedforward_layernorm", "blk.{}.ffn_norm", one},
                               {"model.layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm", one},
                               {"model.layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm", one},
                               {"model.layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm", one}});
}

}  // namespace ondol
