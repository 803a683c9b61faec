#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/half.hpp"

namespace ondol::storage {

/// What the square of a weight's error counts, besides its importance: the same for all (even), or sqrt(mean square +
/// weight^2), since large weights say more (large; source: ggml's quantisers). `tempered` is `large` with the power 3/4
/// of the importance: an exact search for points would give up too much of all other weights for few important ones.
enum class Emphasis : std::uint8_t { even, large, tempered };

/// The weights of a block made ready for a search of scales: finite, and the largest in [1, 2) unless all are zero or
/// next to it, so that squares neither overflow nor vanish.
template <int n>
struct Sample {
  float x[n];
  float w[n];         ///< what the square of the error of each counts
  float unit = 1.0f;  ///< a power of two; the weight that is to be stored is unit * x

  /// What is not finite counts as zero.
  Sample(const float* in, const float* importance, Emphasis emphasis) noexcept {
    float peak = 0.0f;
    for (int j = 0; j < n; ++j) {
      x[j] = std::isfinite(in[j]) ? in[j] : 0.0f;
      peak = std::max(peak, std::fabs(x[j]));
    }
    const int exponent = std::clamp(std::ilogb(peak), -126, 126);
    unit = std::ldexp(1.0f, exponent);
    const float inverse = std::ldexp(1.0f, -exponent);
    float square = 0.0f;
    for (int j = 0; j < n; ++j) {
      x[j] *= inverse;
      square += x[j] * x[j];
    }
    const bool even = emphasis == Emphasis::even || !(square > 0.0f);
    for (int j = 0; j < n; ++j) w[j] = even ? 1.0f : std::sqrt(square / n + x[j] * x[j]);
    if (importance) weigh(importance, emphasis == Emphasis::tempered);
  }

  /// The float16 next to unit * d, never infinite.
  [[nodiscard]] std::uint16_t half(float d) const noexcept {
    return float_to_half(std::clamp(unit * d, -65504.0f, 65504.0f));
  }
  /// The reverse: what a stored float16 is here.
  [[nodiscard]] float scale(std::uint16_t half) const noexcept { return half_to_float(half) / unit; }

 private:
  void weigh(const float* importance, bool tempered) noexcept {
    const auto usable = [](float i) { return std::isfinite(i) ? i : 0.0f; };
    float most = 0.0f;
    for (int j = 0; j < n; ++j) most = std::max(most, usable(importance[j]));
    if (!(most > 0.0f)) return;
    for (int j = 0; j < n; ++j) {
      const float share = std::max(usable(importance[j]) / most, 1e-6f);
      w[j] *= tempered ? std::sqrt(share) * std::sqrt(std::sqrt(share)) : share;
    }
  }
};

}  // namespace ondol::storage
