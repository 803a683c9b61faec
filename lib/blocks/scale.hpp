#pragma once

#include <cstddef>

#include "kernels/kernels.hpp"

namespace ondol {

/// x[i] *= factor; nothing is done for a factor of 1.
inline void scale(float* x, std::size_t n, double factor, Compute& compute) {
  if (factor == 1) return;
  const auto f = static_cast<float>(factor);
  compute.pool.parallel_ranges(n, 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) x[i] *= f;
  });
}

}  // namespace ondol
