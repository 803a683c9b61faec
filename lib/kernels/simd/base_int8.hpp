// Integers beside F32x16, in plain C++: the reference of the other *_int8.hpp. A lane is a row of a panel of weights.
#pragma once

#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {

/// Rows of a tile of activations that kernels are compiled for, ascending.
constexpr int tile_widths[] = {1};
/// Sums of narrow levels (less than 64) are kept in 16 bits; they may wrap as long as the end fits.
constexpr bool sums_in_16_bits = false;
/// Whether levels are unpacked to memory when there are many rows.
constexpr bool unpack_levels = false;
/// Added to signed levels so that `dot` can take them.
constexpr int wide_offset = 0;

struct Bytes {
  std::uint8_t at[64];
};
struct I32x16 {
  std::int32_t lane[16];
};
struct NarrowSum {
  I32x16 all;
};
struct WideSum {
  I32x16 all;
};
/// An integer scale a row.
using Scales = I32x16;
/// Two bytes a row.
struct BytePairs {
  std::int16_t at[16][2];
};

template <class T>
inline T load_as(const void* p) {
  T r;
  __builtin_memcpy(&r, p, 64);
  return r;
}
template <class T>
inline void store_as(void* p, T a) {
  __builtin_memcpy(p, &a, 64);
}
/// The bits of `mask`, a mask before the shift, moved from bit `from` to bit `to` of each byte.
inline Bytes move_bits(Bytes a, int mask, int from, int to) {
  for (std::uint8_t& x : a.at) x = std::uint8_t((x >> from & mask) << to);
  return a;
}
inline Bytes either(Bytes a, Bytes b) {
  for (int i = 0; i < 64; ++i) a.at[i] |= b.at[i];
  return a;
}
inline Bytes flip_signs(Bytes a) {
  for (std::uint8_t& x : a.at) x ^= 0x80;
  return a;
}
/// table[a], a < 16.
inline Bytes lookup(const std::uint8_t* table, Bytes a) {
  for (std::uint8_t& x : a.at) x = table[x];
  return a;
}

/// c * (sum of the pairs' two numbers), in all lanes.
inline I32x16 multiples(int c, const std::int16_t* pairs) {
  I32x16 r;
  for (std::int32_t& x : r.lane) x = c * (pairs[0] + pairs[1]);
  return r;
}
/// A sum that begins at -c times the activations of the group, or of one half of it; c is a power of two or zero.
template <class Sum>
inline Sum start(int c, const ActivationGroup& a) {
  return {multiples(-c, a.pairs)};
}
template <class Sum>
inline Sum start_half(int c, const ActivationGroup& a, int half) {
  return {multiples(-c, a.pairs_of[half])};
}
/// Adds the products of four levels a row (unsigned if narrow, signed + wide_offset if wide) and four activations.
inline NarrowSum dot(NarrowSum sum, Bytes w, const std::int8_t* a) {
  for (int r = 0; r < 16; ++r) {
    for (int i = 0; i < 4; ++i) sum.all.lane[r] += w.at[4 * r + i] * a[i];
  }
  return sum;
}
inline WideSum dot(WideSum sum, Bytes w, const std::int8_t* a) {
  for (int r = 0; r < 16; ++r) {
    for (int i = 0; i < 4; ++i) sum.all.lane[r] += std::int8_t(w.at[4 * r + i]) * a[i];
  }
  return sum;
}

inline I32x16 total(NarrowSum a) { return a.all; }
inline I32x16 total(WideSum a) { return a.all; }
inline I32x16 total(NarrowSum a, Scales scales) {
  for (int r = 0; r < 16; ++r) a.all.lane[r] *= scales.lane[r];
  return a.all;
}
inline I32x16 add(I32x16 a, I32x16 b) {
  for (int r = 0; r < 16; ++r) a.lane[r] += b.lane[r];
  return a;
}
inline F32x16 to_float(I32x16 a) {
  return each_lane([&](int r) { return float(a.lane[r]); });
}

/// One signed byte a row; the lower four bits only if `nibbles`.
inline Scales load_scales(const std::byte* p, bool nibbles) {
  Scales s;
  for (int r = 0; r < 16; ++r) s.lane[r] = nibbles ? int(p[r]) & 15 : std::int8_t(p[r]);
  return s;
}
/// The upper four bits of the bytes p[r] and p[16 + r].
inline BytePairs load_high_nibbles(const std::byte* p) {
  BytePairs b;
  for (int r = 0; r < 16; ++r) {
    for (int h = 0; h < 2; ++h) b.at[r][h] = std::int16_t(p[16 * h + r] >> 4);
  }
  return b;
}
/// Of each row, the products of its bytes and the two numbers, added.
inline I32x16 dot_pairs(BytePairs b, const std::int16_t* a) {
  I32x16 r;
  for (int i = 0; i < 16; ++i) r.lane[i] = b.at[i][0] * a[0] + b.at[i][1] * a[1];
  return r;
}

inline void quantise_group(const float* x, ActivationGroup& out) {
  std::uint32_t largest = 0;  // as bits, which order magnitudes, infinity and NaN
  for (int i = 0; i < 32; ++i) {
    const std::uint32_t magnitude = bits_of(x[i]) & 0x7FFFFFFFu;
    largest = magnitude > largest ? magnitude : largest;
  }
  __builtin_memset(&out, 0, sizeof out);
  if (largest >= 0x7F800000u) {
    out.scale = out.sum = float_of(0x7FC00000u);
    return;
  }
  if (largest < bits_of(0x1p-119f)) return;
  const float inverse = 127.0f / float_of(largest);
  for (int i = 0; i < 32; ++i) {
    const float scaled = x[i] * inverse;
    const int q = int(float_of(bits_of(scaled + 12582912.0f)) - 12582912.0f);  // 1.5 * 2^23: to nearest even
    out.q[i] = std::int8_t(q);
    out.pairs[i / 2 % 2] = std::int16_t(out.pairs[i / 2 % 2] + q);
    out.pairs_of[i / 16][i / 2 % 2] = std::int16_t(out.pairs_of[i / 16][i / 2 % 2] + q);
    out.sums_of[i / 16] = std::int16_t(out.sums_of[i / 16] + q);
  }
  out.scale = float_of(largest) * (1.0f / 127.0f);
  out.minus_sum = -(out.sums_of[0] + out.sums_of[1]);
  out.sum = out.scale * float(-out.minus_sum);
}

}  // namespace
}  // namespace ondol::ISA
