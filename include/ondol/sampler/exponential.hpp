#pragma once

#include <bit>
#include <cstdint>

namespace ondol {

/// exp(x) for x <= 0, within 2 units in the last place and by the same operations on every machine (and so that
/// compilers can do several at a time). 0 below -87, where float32 has no more normal numbers.
/// Source: Cephes 2.2, expf (Moshier 1992): 2^n times a polynomial of the rest.
[[nodiscard]] inline float exponential(float x) noexcept {
  const float limited = x < -87.0f ? -87.0f : x;
  const float shifted = limited * 1.44269504f + 12582912.0f;  // 1.5 x 2^23: rounds to an integer in the low bits
  const float n = shifted - 12582912.0f;
  const float r = limited - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const auto exponent = std::bit_cast<std::uint32_t>(shifted) << 23;
  const float result = std::bit_cast<float>(std::bit_cast<std::uint32_t>(p) + exponent);
  return x < -87.0f ? 0.0f : result;
}

}  // namespace ondol
