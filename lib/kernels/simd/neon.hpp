// Sixteen float32 lanes in four NEON registers (with FP16). What each operation does: simd/base.hpp.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

namespace ondol::ISA {
namespace {

struct F32x16 {
  float32x4_t a, b, c, d;
};

constexpr int tile_vectors = 7;
constexpr int tile_rows = 6;

inline std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }
inline float float_of(std::uint32_t x) { return __builtin_bit_cast(float, x); }

/// op on each register, of one or two operands.
template <class Op>
inline F32x16 each(F32x16 x, Op op) {
  return {op(x.a), op(x.b), op(x.c), op(x.d)};
}
template <class Op>
inline F32x16 each(F32x16 x, F32x16 y, Op op) {
  return {op(x.a, y.a), op(x.b, y.b), op(x.c, y.c), op(x.d, y.d)};
}
inline float32x4_t larger(float32x4_t x, float32x4_t y) { return vbslq_f32(vcgtq_f32(x, y), x, y); }

// --- memory
inline F32x16 load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}; }
inline void store(float* p, F32x16 x) {
  vst1q_f32(p, x.a);
  vst1q_f32(p + 4, x.b);
  vst1q_f32(p + 8, x.c);
  vst1q_f32(p + 12, x.d);
}
inline F32x16 load_partial(const float* p, std::size_t n) {
  float lanes[16] = {};
  __builtin_memcpy(lanes, p, 4 * n);
  return load(lanes);
}
inline void store_partial(float* p, F32x16 x, std::size_t n) {
  float lanes[16];
  store(lanes, x);
  __builtin_memcpy(p, lanes, 4 * n);
}

inline F32x16 broadcast(float x) {
  const float32x4_t all = vdupq_n_f32(x);
  return {all, all, all, all};
}
inline F32x16 zero() { return broadcast(0.0f); }

// --- arithmetic
inline F32x16 add(F32x16 x, F32x16 y) { return each(x, y, vaddq_f32); }
inline F32x16 subtract(F32x16 x, F32x16 y) { return each(x, y, vsubq_f32); }
inline F32x16 multiply(F32x16 x, F32x16 y) { return each(x, y, vmulq_f32); }
inline F32x16 divide(F32x16 x, F32x16 y) { return each(x, y, vdivq_f32); }
inline F32x16 multiply_add(F32x16 x, F32x16 y, F32x16 z) {
  return {vfmaq_f32(z.a, x.a, y.a), vfmaq_f32(z.b, x.b, y.b), vfmaq_f32(z.c, x.c, y.c), vfmaq_f32(z.d, x.d, y.d)};
}
// Not vmaxq_f32 and vminq_f32, which give a NaN for one and order zeros.
inline F32x16 maximum(F32x16 x, F32x16 y) { return each(x, y, larger); }
inline F32x16 minimum(F32x16 x, F32x16 y) {
  return each(x, y, [](float32x4_t p, float32x4_t q) { return vbslq_f32(vcltq_f32(p, q), p, q); });
}
inline F32x16 absolute(F32x16 x) { return each(x, vabsq_f32); }
inline F32x16 nan_or(F32x16 x, F32x16 y) {
  return each(x, y, [](float32x4_t p, float32x4_t q) { return vbslq_f32(vceqq_f32(p, p), q, p); });
}
inline F32x16 keep_lanes(F32x16 x, F32x16 other, int first, int end) {
  alignas(16) static constexpr std::int32_t places[4] = {0, 1, 2, 3};
  int32x4_t lane = vld1q_s32(places);
  return each(x, other, [&](float32x4_t p, float32x4_t q) {
    const uint32x4_t kept = vandq_u32(vcgeq_s32(lane, vdupq_n_s32(first)), vcltq_s32(lane, vdupq_n_s32(end)));
    lane = vaddq_s32(lane, vdupq_n_s32(4));
    return vbslq_f32(kept, p, q);
  });
}
inline F32x16 power_of_two(F32x16 n) {
  return each(add(n, broadcast(8388735.0f)),
              [](float32x4_t t) { return vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(t), 23)); });
}
inline F32x16 times_power_of_two(F32x16 x, F32x16 n) {
  const F32x16 round = broadcast(12582912.0f);
  const F32x16 half = subtract(multiply_add(n, broadcast(0.5f), round), round);
  return multiply(multiply(x, power_of_two(half)), power_of_two(subtract(n, half)));
}

// --- one fixed tree
inline float reduce_add(F32x16 x) {
  const float32x4_t four = vaddq_f32(vaddq_f32(x.a, x.c), vaddq_f32(x.b, x.d));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
inline float reduce_maximum(F32x16 x) {
  const float32x4_t four = larger(larger(x.a, x.c), larger(x.b, x.d));
  const float32x4_t two = larger(four, vextq_f32(four, four, 2));
  return vgetq_lane_f32(larger(two, vextq_f32(two, two, 1)), 0);
}

// --- narrow storage
inline float half_to_float(std::uint16_t h) { return __builtin_bit_cast(__fp16, h); }
inline std::uint16_t float_to_half(float x) { return __builtin_bit_cast(std::uint16_t, __fp16(x)); }
inline std::uint16_t float_to_bfloat(float x) {
  const std::uint32_t b = bits_of(x);
  if ((b & 0x7FFFFFFFu) > 0x7F800000u) return std::uint16_t(b >> 16 | 0x40u);
  return std::uint16_t((b + 0x7FFFu + (b >> 16 & 1u)) >> 16);
}
inline F32x16 load_half(const std::uint16_t* p) {
  const auto four = [=](int i) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + i))); };
  return {four(0), four(4), four(8), four(12)};
}
inline F32x16 load_bfloat(const std::uint16_t* p) {
  const auto four = [=](int i) { return vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(vld1_u16(p + i)), 16)); };
  return {four(0), four(4), four(8), four(12)};
}
/// Of 16 bytes.
inline F32x16 to_float(int8x16_t bytes) {
  const int16x8_t lo = vmovl_s8(vget_low_s8(bytes)), hi = vmovl_high_s8(bytes);
  return {vcvtq_f32_s32(vmovl_s16(vget_low_s16(lo))), vcvtq_f32_s32(vmovl_high_s16(lo)),
          vcvtq_f32_s32(vmovl_s16(vget_low_s16(hi))), vcvtq_f32_s32(vmovl_high_s16(hi))};
}
inline F32x16 load_int8(const std::int8_t* p) { return to_float(vld1q_s8(p)); }
inline void store_half(std::uint16_t* p, F32x16 x) {
  const auto four = [=](int i, float32x4_t v) { vst1_u16(p + i, vreinterpret_u16_f16(vcvt_f16_f32(v))); };
  four(0, x.a), four(4, x.b), four(8, x.c), four(12, x.d);
}
inline void store_bfloat(std::uint16_t* p, F32x16 x) {
  const auto four = [=](int i, float32x4_t v) {
    const uint32x4_t b = vreinterpretq_u32_f32(v);
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(b, 16), vdupq_n_u32(1));
    const uint32x4_t rounded = vaddq_u32(b, vaddq_u32(odd, vdupq_n_u32(0x7FFF)));
    const uint32x4_t quiet = vorrq_u32(b, vdupq_n_u32(0x400000));
    vst1_u16(p + i, vshrn_n_u32(vbslq_u32(vceqq_f32(v, v), rounded, quiet), 16));
  };
  four(0, x.a), four(4, x.b), four(8, x.c), four(12, x.d);
}

}  // namespace
}  // namespace ondol::ISA
