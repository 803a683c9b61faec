// Nemotron: LayerNorm stored as the difference to 1, a part of each head rotated, squared ReLU.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe nemotron(const Config& c) {
  Recipe r = llama_like(c);
  r.norm = NormKind::layer;
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) {
    m.gated = false;
    m.activation = c.is_gguf() ? Activation::relu_squared : activation_of(c, "relu2");
  });
  return r;
}

}  // namespace ondol
