// Mamba 2: Mamba with heads, whose decay is one number each, and a gated norm.
#include "models/families/families.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {

Recipe mamba2(const Config& c) {
  Recipe r = recurrent_like(c);
  r.layers.assign(c.count("num_hidden_layers", 10'000), {mamba2_of(c), std::monostate{}});
  return r;
}

}  // namespace ondol
