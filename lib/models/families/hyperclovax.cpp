// HyperCLOVA X: Granite's multipliers, of which the logits' multiplies, and norms behind the blocks too.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe hyperclovax(const Config& c) {
  Recipe r = llama_like(c);
  granite_multipliers(c, r);
  r.logit_scale = c.positive_or("logits_scaling", 1);
  if (c.flag_or("use_post_norm", false)) r.norm_place = NormPlace::both;
  return r;
}

Naming hyperclovax_names(const Config&) {
  return with(llama_names(), {{"model.layers.{}.post_norm1", "blk.{}.post_attention_norm"},
                              {"model.layers.{}.post_norm2", "blk.{}.post_ffw_norm"}});
}

}  // namespace ondol
