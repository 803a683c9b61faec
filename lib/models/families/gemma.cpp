// Gemma: Llama with a scaled embedding, tanh-GELU and norms stored as the difference to 1.
#include <cmath>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe gemma(const Config& c) {
  Recipe r = llama_like(c);
  r.embedding_scale = std::sqrt(static_cast<double>(r.hidden_size));
  // Whatever hidden_act says: early files say "gelu" and mean this.
  each_mlp(r, [](Mlp::Shape& m, std::size_t) { m.activation = Activation::gelu_tanh; });
  return r;
}

Naming gemma_names(const Config&) {
  return with(llama_names(), {{"model.layers.{}.input_layernorm", "blk.{}.attn_norm", &layouts::plus_one},
                              {"model.layers.{}.post_attention_layernorm", "blk.{}.ffn_norm", &layouts::plus_one},
                              {"model.norm", "output_norm", &layouts::plus_one}});
}

}  // namespace ondol
