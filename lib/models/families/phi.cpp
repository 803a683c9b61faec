// Phi 1 .. 2: LayerNorm, attention and feed-forward side by side, a part of each head rotated.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe phi(const Config& c) {
  Recipe r = llama_like(c);
  r.norm = NormKind::layer;
  r.parallel = true;
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) {
    m.gated = false;
    m.activation = activation_of(c, "gelu_new");
  });
  return r;
}

Naming phi_names(const Config&) {
  return with(llama_names(), {{"model.final_layernorm", "output_norm"},
                              {"model.layers.{}.self_attn.dense", "blk.{}.attn_output"},
                              {"model.layers.{}.mlp.fc1", "blk.{}.ffn_up"},
                              {"model.layers.{}.mlp.fc2", "blk.{}.ffn_down"}});
}

}  // namespace ondol
