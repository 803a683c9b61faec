// Integers beside F32x16 with NEON and its dot products. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {

constexpr int tile_widths[] = {1, 2, 4, 6};
constexpr int tile_panels = 1;
constexpr bool unpack_levels = true;

struct Bytes {
  uint8x16_t a, b, c, d;
};
/// The first of each row's two levels, in two registers, and the second: a lane times an activation is a sum's.
struct Words {
  int16x8_t first[2], second[2];
};
struct I32x16 {
  int32x4_t a, b, c, d;
};

template <class T>
inline T load_as(const void* p) {
  const auto* v = static_cast<const std::uint8_t*>(p);
  return {vld1q_u8(v), vld1q_u8(v + 16), vld1q_u8(v + 32), vld1q_u8(v + 48)};
}

inline uint8x16_t move_bits(uint8x16_t x, int mask, int from, int to) {
  // Shifts by a number that the compiler sees through, unlike vshlq_u8's.
  const uint8x16_t moved =
      from > to ? x >> vdupq_n_u8(std::uint8_t(from - to)) : x << vdupq_n_u8(std::uint8_t(to - from));
  return vandq_u8(moved, vdupq_n_u8(std::uint8_t(mask << to)));
}
inline Bytes move_bits(Bytes x, int mask, int from, int to) {
  return {move_bits(x.a, mask, from, to), move_bits(x.b, mask, from, to), move_bits(x.c, mask, from, to),
          move_bits(x.d, mask, from, to)};
}
inline Bytes either(Bytes x, Bytes y) {
  return {vorrq_u8(x.a, y.a), vorrq_u8(x.b, y.b), vorrq_u8(x.c, y.c), vorrq_u8(x.d, y.d)};
}
inline Bytes lookup(const std::uint8_t* table, Bytes x) {
  const uint8x16_t t = vld1q_u8(table);
  return {vqtbl1q_u8(t, x.a), vqtbl1q_u8(t, x.b), vqtbl1q_u8(t, x.c), vqtbl1q_u8(t, x.d)};
}
inline int16x8_t widen(uint8x8_t x, bool is_signed) {
  return is_signed ? vmovl_s8(vreinterpret_s8_u8(x)) : vreinterpretq_s16_u16(vmovl_u8(x));
}
inline Words widen(Bytes x, int first, bool is_signed) {
  const uint8x16_t lo = first == 0 ? vuzp1q_u8(x.a, x.b) : vuzp2q_u8(x.a, x.b);
  const uint8x16_t hi = first == 0 ? vuzp1q_u8(x.c, x.d) : vuzp2q_u8(x.c, x.d);
  const uint8x16_t one = vuzp1q_u8(lo, hi), two = vuzp2q_u8(lo, hi);
  return {{widen(vget_low_u8(one), is_signed), widen(vget_high_u8(one), is_signed)},
          {widen(vget_low_u8(two), is_signed), widen(vget_high_u8(two), is_signed)}};
}
inline Words subtract(Words x, int c) {
  const int16x8_t all = vdupq_n_s16(std::int16_t(c));
  return {{vsubq_s16(x.first[0], all), vsubq_s16(x.first[1], all)},
          {vsubq_s16(x.second[0], all), vsubq_s16(x.second[1], all)}};
}

inline Words load_words(const std::byte* p) {
  const auto* words = reinterpret_cast<const std::int16_t*>(p);
  const int16x8x2_t lo = vld2q_s16(words), hi = vld2q_s16(words + 16);
  return {{lo.val[0], hi.val[0]}, {lo.val[1], hi.val[1]}};
}

inline I32x16 start(int c, std::int32_t x) {
  const int32x4_t all = vdupq_n_s32(c * x);
  return {all, all, all, all};
}
/// Two or four activations for each row.
inline int32x4_t all_of(const void* activations) {
  std::int32_t four_bytes;
  __builtin_memcpy(&four_bytes, activations, 4);
  return vdupq_n_s32(four_bytes);
}
inline I32x16 dot(I32x16 sum, Words w, const std::int16_t* activations) {
  const int16x4_t two = vget_low_s16(vreinterpretq_s16_s32(all_of(activations)));
  sum.a = vmlal_lane_s16(sum.a, vget_low_s16(w.first[0]), two, 0);
  sum.b = vmlal_high_lane_s16(sum.b, w.first[0], two, 0);
  sum.c = vmlal_lane_s16(sum.c, vget_low_s16(w.first[1]), two, 0);
  sum.d = vmlal_high_lane_s16(sum.d, w.first[1], two, 0);
  sum.a = vmlal_lane_s16(sum.a, vget_low_s16(w.second[0]), two, 1);
  sum.b = vmlal_high_lane_s16(sum.b, w.second[0], two, 1);
  sum.c = vmlal_lane_s16(sum.c, vget_low_s16(w.second[1]), two, 1);
  sum.d = vmlal_high_lane_s16(sum.d, w.second[1], two, 1);
  return sum;
}
using ByteSum = I32x16;
/// Levels have 6 bits at most, so they are the same with a sign.
inline ByteSum dot(ByteSum sum, Bytes w, const std::int8_t* activations) {
  const int8x16_t four = vreinterpretq_s8_s32(all_of(activations));
  return {vdotq_s32(sum.a, vreinterpretq_s8_u8(w.a), four), vdotq_s32(sum.b, vreinterpretq_s8_u8(w.b), four),
          vdotq_s32(sum.c, vreinterpretq_s8_u8(w.c), four), vdotq_s32(sum.d, vreinterpretq_s8_u8(w.d), four)};
}
inline F32x16 to_float(I32x16 x) {
  return {vcvtq_f32_s32(x.a), vcvtq_f32_s32(x.b), vcvtq_f32_s32(x.c), vcvtq_f32_s32(x.d)};
}
inline F32x16 load_nibbles(const std::byte* p, bool upper) {
  const uint8x16_t bytes = vld1q_u8(reinterpret_cast<const std::uint8_t*>(p));
  return to_float(vreinterpretq_s8_u8(upper ? vshrq_n_u8(bytes, 4) : vandq_u8(bytes, vdupq_n_u8(15))));
}

inline std::uint32_t largest_magnitude(const float* x) {
  uint32x4_t m = vdupq_n_u32(0);
  for (int i = 0; i < 8; ++i) m = vmaxq_u32(m, vreinterpretq_u32_f32(vabsq_f32(vld1q_f32(x + 4 * i))));
  return vmaxvq_u32(m);
}

inline int32x4_t nearest(const float* x, float factor) { return vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x), factor)); }

inline std::int32_t sum_magnitudes(const float* x, float factor) {
  int32x4_t sum = vdupq_n_s32(0);
  for (int i = 0; i < 32; i += 4) sum = vaddq_s32(sum, vabsq_s32(nearest(x + i, factor)));
  return vaddvq_s32(sum);
}

template <class Integer>
[[gnu::always_inline]] inline HalfSums round_values(const float* x, float factor, Integer* to) {
  std::int32_t sums[2];
  for (int half = 0; half < 2; ++half) {
    int32x4_t q[4];
    for (int i = 0; i < 4; ++i) q[i] = nearest(x + 16 * half + 4 * i, factor);
    sums[half] = vaddvq_s32(vaddq_s32(vaddq_s32(q[0], q[1]), vaddq_s32(q[2], q[3])));
    if constexpr (sizeof(Integer) == 2) {  // four neighbours a, b, c, d are stored as a, c, b, d
      for (int32x4_t& four : q) four = __builtin_shufflevector(four, four, 0, 2, 1, 3);
    }
    const int16x8_t lo = vmovn_high_s32(vmovn_s32(q[0]), q[1]), hi = vmovn_high_s32(vmovn_s32(q[2]), q[3]);
    if constexpr (sizeof(Integer) == 1) {
      vst1q_s8(to + 16 * half, vmovn_high_s16(vmovn_s16(lo), hi));
    } else {
      vst1q_s16(to + 16 * half, lo);
      vst1q_s16(to + 16 * half + 8, hi);
    }
  }
  return {sums[0], sums[1]};
}

}  // namespace
}  // namespace ondol::ISA
