#pragma once

#include <cstring>

namespace ondol::storage {

/// Four floats at a time, with the arithmetic of one: searches of scales spend their time in sums over groups.
using Lanes = float __attribute__((vector_size(16)));
inline constexpr int lanes = 4;

inline Lanes load(const float* p) noexcept {
  Lanes v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(float* p, Lanes v) noexcept { std::memcpy(p, &v, sizeof v); }
inline Lanes all(float x) noexcept { return Lanes{x, x, x, x}; }
inline float total(Lanes v) noexcept { return (v[0] + v[1]) + (v[2] + v[3]); }

inline Lanes clamped(Lanes v, float low, float high) noexcept {
  v = v < low ? all(low) : v;
  return v > high ? all(high) : v;
}
/// The whole numbers next to v, |v| < 2^22.
inline Lanes nearest_whole(Lanes v) noexcept { return v + 12582912.0f - 12582912.0f; }

}  // namespace ondol::storage
