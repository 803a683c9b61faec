#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace ondol::storage {

/// What the plain quantisers (ggml's quantize_row_*_ref) share. Every number is float32 and each operation rounds.

/// The value of largest magnitude, with its sign; the first one of equals.
inline float signed_peak(const float* in, std::size_t n) noexcept {
  float peak = 0.0f;
  for (std::size_t i = 0; i < n; ++i) {
    if (std::fabs(in[i]) > std::fabs(peak)) peak = in[i];
  }
  return peak;
}

struct Range {
  float low;
  float high;
};

inline Range range(const float* in, std::size_t n) noexcept {
  Range r{in[0], in[0]};
  for (std::size_t i = 1; i < n; ++i) r = {std::min(r.low, in[i]), std::max(r.high, in[i])};
  return r;
}

/// A scale that float16 can hold.
inline float within_half(float scale) noexcept { return std::clamp(scale, -65504.0f, 65504.0f); }

inline float inverse(float scale) noexcept { return scale != 0.0f ? 1.0f / scale : 0.0f; }

/// `x` cut off to a whole number in 0 .. top; NaN gives 0.
inline std::uint8_t level(float x, int top) noexcept {
  return x > 0.0f ? static_cast<std::uint8_t>(std::min(x, static_cast<float>(top))) : std::uint8_t{0};
}

}  // namespace ondol::storage
