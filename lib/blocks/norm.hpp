#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernels.hpp"

namespace ondol {

enum class NormKind : std::uint8_t {
  rms,   ///< root mean square (Zhang & Sennrich 2019)
  layer  ///< mean and variance (Ba et al. 2016)
};

/// A norm over rows with learned weights.
struct Norm {
  NormKind kind = NormKind::rms;
  std::vector<float> weight;
  std::vector<float> bias;  ///< of NormKind::layer; may be empty
  float eps = 0;

  /// Whether there is one at all.
  explicit operator bool() const noexcept { return !weight.empty(); }

  /// in and out are [rows, weight.size()]; they may be the same.
  void apply(const float* in, std::size_t rows, float* out, Compute& compute) const;
  /// One row, or the part of it that `weights` rows of weight.size() / weights values belong to: row `index` of them.
  void apply_row(const float* in, float* out, const Kernels& kernels, std::size_t n, std::size_t index = 0) const;
};

}  // namespace ondol
