#pragma once

#include <cstddef>

#include "blocks/linear.hpp"

namespace ondol {

/// down(silu(gate(x)) * up(x)): SwiGLU (Shazeer 2020).
struct GatedMlp {
  Linear gate;
  Linear up;
  Linear down;

  /// out is [x.rows(), hidden_size].
  void apply(Activations& x, float* out, Compute& compute) const;
};

}  // namespace ondol
