#pragma once

#include <cstddef>
#include <vector>

#include "kernels/matmul.hpp"

namespace ondol {

/// y = x W^T + b. `bias` is empty or has a value an output.
struct Linear {
  PackedMatrix weight;
  std::vector<float> bias;

  [[nodiscard]] std::size_t outputs() const noexcept { return weight.rows(); }

  /// out is [x.rows(), outputs()], row-major.
  [[nodiscard]] MatrixProduct product(Activations& x, float* out) const noexcept {
    return {&weight, &x, bias.empty() ? nullptr : bias.data(), out, outputs()};
  }
  void apply(Activations& x, float* out, Compute& compute) const {
    multiply(weight, x, bias.empty() ? nullptr : bias.data(), out, outputs(), compute);
  }
};

}  // namespace ondol
