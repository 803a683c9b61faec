// Arcee AFM: Llama with a plain feed-forward block of squared ReLU.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe arcee(const Config& c) {
  Recipe r = llama_like(c);
  r.ropes[0].pairs = Rope::Pairs::neighbours;
  const Activation activation = activation_of(c, "relu2");
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) {
    m.gated = false;
    m.activation = c.is_gguf() ? Activation::relu_squared : activation;
  });
  return r;
}

}  // namespace ondol
