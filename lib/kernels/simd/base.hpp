// Sixteen float32 lanes in plain C++: the reference that every other file of this folder equals bit for bit.
// Include with ISA defined as the namespace of the object that is compiled. Nothing here may have external linkage.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ondol::ISA {
namespace {

struct F32x16 {
  float lane[16];
};

/// Vectors that one register tile of a product may hold, and its most rows.
constexpr int tile_vectors = 7;
constexpr int tile_rows = 4;

template <class Op>
inline F32x16 each_lane(Op op) {
  F32x16 r;
  for (int i = 0; i < 16; ++i) r.lane[i] = op(i);
  return r;
}

inline std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }
inline float float_of(std::uint32_t x) { return __builtin_bit_cast(float, x); }

// --- memory; the partial forms touch the first n < 16 lanes, loaded lanes beyond are zero
inline F32x16 load(const float* p) {
  return each_lane([=](int i) { return p[i]; });
}
inline F32x16 load_partial(const float* p, std::size_t n) {
  return each_lane([=](int i) { return std::size_t(i) < n ? p[i] : 0.0f; });
}
inline void store(float* p, F32x16 a) { __builtin_memcpy(p, a.lane, 64); }
inline void store_partial(float* p, F32x16 a, std::size_t n) { __builtin_memcpy(p, a.lane, 4 * n); }

inline F32x16 zero() { return {}; }
inline F32x16 broadcast(float x) {
  return each_lane([=](int) { return x; });
}

// --- arithmetic
inline F32x16 add(F32x16 a, F32x16 b) {
  return each_lane([&](int i) { return a.lane[i] + b.lane[i]; });
}
inline F32x16 subtract(F32x16 a, F32x16 b) {
  return each_lane([&](int i) { return a.lane[i] - b.lane[i]; });
}
inline F32x16 multiply(F32x16 a, F32x16 b) {
  return each_lane([&](int i) { return a.lane[i] * b.lane[i]; });
}
inline F32x16 divide(F32x16 a, F32x16 b) {
  return each_lane([&](int i) { return a.lane[i] / b.lane[i]; });
}
/// a * b + c, rounded once.
inline F32x16 multiply_add(F32x16 a, F32x16 b, F32x16 c) {
  return each_lane([&](int i) { return __builtin_fmaf(a.lane[i], b.lane[i], c.lane[i]); });
}
/// a > b ? a : b, so b where either is a NaN.
inline F32x16 maximum(F32x16 a, F32x16 b) {
  return each_lane([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
/// a < b ? a : b, so b where either is a NaN.
inline F32x16 minimum(F32x16 a, F32x16 b) {
  return each_lane([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline F32x16 absolute(F32x16 a) {
  return each_lane([&](int i) { return float_of(bits_of(a.lane[i]) & 0x7FFFFFFFu); });
}
/// a where a is a NaN, else b.
inline F32x16 nan_or(F32x16 a, F32x16 b) {
  return each_lane([&](int i) { return a.lane[i] != a.lane[i] ? a.lane[i] : b.lane[i]; });
}
/// Lanes from first to end - 1 as they are, `other` in the rest.
inline F32x16 keep_lanes(F32x16 a, F32x16 other, int first, int end) {
  return each_lane([&](int i) { return i >= first && i < end ? a.lane[i] : other.lane[i]; });
}
/// 2^n of whole numbers -127 <= n <= 128; -127 gives 0, 128 infinity. A NaN gives anything.
inline F32x16 power_of_two(F32x16 n) {
  return each_lane([&](int i) { return float_of(bits_of(n.lane[i] + 8388735.0f) << 23); });  // 2^23 + 127
}
/// a * 2^n of whole numbers -252 <= n <= 254, rounded once where a is a normal number.
inline F32x16 times_power_of_two(F32x16 a, F32x16 n) {
  const F32x16 round = broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  const F32x16 half = subtract(multiply_add(n, broadcast(0.5f), round), round);
  return multiply(multiply(a, power_of_two(half)), power_of_two(subtract(n, half)));
}

// --- one fixed tree: 16 -> 8 -> 4 -> 2 -> 1
template <class Op>
inline float fold(F32x16 a, Op op) {
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) a.lane[i] = op(a.lane[i], a.lane[i + half]);
  }
  return a.lane[0];
}
inline float reduce_add(F32x16 a) {
  return fold(a, [](float x, float y) { return x + y; });
}
/// The largest; a NaN may get lost.
inline float reduce_maximum(F32x16 a) {
  return fold(a, [](float x, float y) { return x > y ? x : y; });
}

// --- narrow storage, rounded to nearest even; NaNs come out quiet
inline float half_to_float(std::uint16_t h) {
  const std::uint32_t sign = std::uint32_t(h & 0x8000u) << 16;
  const std::uint32_t rest = h & 0x7FFFu;
  if (rest >= 0x7C00u) return float_of(sign | 0x7F800000u | (rest & 0x3FFu) << 13 | (rest > 0x7C00u ? 0x400000u : 0));
  const float scaled = float_of(rest << 13) * 0x1p112f;  // exact, subnormals too
  return float_of(sign | bits_of(scaled));
}
inline std::uint16_t float_to_half(float x) {
  const std::uint32_t sign = bits_of(x) >> 16 & 0x8000u;
  const std::uint32_t rest = bits_of(x) & 0x7FFFFFFFu;
  if (rest > 0x7F800000u) return std::uint16_t(sign | 0x7E00u | (rest >> 13 & 0x3FFu));
  if (rest >= 0x477FF000u) return std::uint16_t(sign | 0x7C00u);  // 65520 and beyond
  if (rest < 0x38800000u) {                                       // below 2^-14: adding 0.5 aligns the mantissa
    return std::uint16_t(sign | (bits_of(float_of(rest) + 0.5f) - 0x3F000000u));
  }
  return std::uint16_t(sign | (rest - 0x38000000u + 0xFFFu + (rest >> 13 & 1u)) >> 13);
}
inline std::uint16_t float_to_bfloat(float x) {
  const std::uint32_t b = bits_of(x);
  if ((b & 0x7FFFFFFFu) > 0x7F800000u) return std::uint16_t(b >> 16 | 0x40u);
  return std::uint16_t((b + 0x7FFFu + (b >> 16 & 1u)) >> 16);
}
inline F32x16 load_half(const std::uint16_t* p) {
  return each_lane([=](int i) { return half_to_float(p[i]); });
}
inline F32x16 load_bfloat(const std::uint16_t* p) {
  return each_lane([=](int i) { return float_of(std::uint32_t(p[i]) << 16); });
}
inline F32x16 load_int8(const std::int8_t* p) {
  return each_lane([=](int i) { return float(p[i]); });
}
inline void store_half(std::uint16_t* p, F32x16 a) {
  for (int i = 0; i < 16; ++i) p[i] = float_to_half(a.lane[i]);
}
inline void store_bfloat(std::uint16_t* p, F32x16 a) {
  for (int i = 0; i < 16; ++i) p[i] = float_to_bfloat(a.lane[i]);
}

}  // namespace
}  // namespace ondol::ISA
