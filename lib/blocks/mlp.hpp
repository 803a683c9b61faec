#pragma once

#include <cstddef>

#include "blocks/linear.hpp"
#include "kernels/elementwise.hpp"

namespace ondol {

/// A feed-forward block: down(f(up(x))), or gated, down(f(gate(x)) * up(x)) (GLU variants, Shazeer 2020).
struct Mlp {
  struct Shape {
    std::size_t intermediate_size = 0;
    Activation activation = Activation::silu;
    bool gated = true;
    double gate_scale = 1;    ///< of gate(x), before f
    double output_scale = 1;  ///< of the whole

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear gate;  ///< only if gated
  Linear up;
  Linear down;

  /// out is [x.rows(), hidden_size].
  void apply(Activations& x, float* out, Compute& compute) const;
};

}  // namespace ondol
