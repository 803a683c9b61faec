// StarCoder 2: Llama with LayerNorm, a plain feed-forward block and a window.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe starcoder2(const Config& c) {
  Recipe r = llama_like(c);
  r.norm = NormKind::layer;
  const std::size_t window = c.count_or("sliding_window", 0, 1u << 30);
  each_attention(r, [&](Attention::Shape& a, std::size_t) { a.window = window; });
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) {
    m.gated = false;
    m.activation = activation_of(c, "gelu_pytorch_tanh");
  });
  return r;
}

Naming starcoder2_names(const Config&) {
  return with(llama_names(), {{"model.layers.{}.mlp.c_fc", "blk.{}.ffn_up"},
                              {"model.layers.{}.mlp.c_proj", "blk.{}.ffn_down"}});
}

}  // namespace ondol
