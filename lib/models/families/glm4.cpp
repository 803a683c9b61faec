// GLM 4: norms around each block, and a rotary embedding of neighbours in half of each head.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe glm4(const Config& c) {
  Recipe r = llama_like(c);
  r.norm_place = NormPlace::both;
  r.ropes[0].pairs = Rope::Pairs::neighbours;
  return r;
}

Naming glm4_names(const Config&) {
  return with(llama_names(), {{"model.layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up"},
                              {"model.layers.{}.post_self_attn_layernorm", "blk.{}.post_attention_norm"},
                              {"model.layers.{}.post_mlp_layernorm", "blk.{}.post_ffw_norm"}});
}

}  // namespace ondol
