#pragma once

#include <cstddef>
#include <vector>

#include "kernels/kernels.hpp"

namespace ondol {

/// Root-mean-square norm over a row (Zhang & Sennrich 2019).
struct RmsNorm {
  std::vector<float> weight;
  float eps = 0;

  /// in and out are [rows, weight.size()]; they may be the same.
  void apply(const float* in, std::size_t rows, float* out, Compute& compute) const;
};

}  // namespace ondol
