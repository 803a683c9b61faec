// Integers beside F32x16, in plain C++: the reference of the other *_int8.hpp. A lane is a row of a panel of weights.
#pragma once

#include "kernels/quantised_layout.hpp"
#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {

/// Rows of a tile of activations that kernels are compiled for, ascending.
constexpr int tile_widths[] = {1};
constexpr int tile_panels = 1;  // that multiply_tile takes beside each other where there are many rows
/// Whether levels are unpacked to memory when there are many rows.
constexpr bool unpack_levels = false;

/// Four levels a row, as a panel has them.
struct Bytes {
  std::uint8_t at[64];
};
/// Two levels a row.
struct Words {
  std::int16_t at[32];
};
struct I32x16 {
  std::int32_t lane[16];
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
/// table[a], a < 16.
inline Bytes lookup(const std::uint8_t* table, Bytes a) {
  for (std::uint8_t& x : a.at) x = table[x];
  return a;
}
/// Levels 0 and 2 (first = 0) or 1 and 3 (first = 1) of each row.
inline Words widen(Bytes a, int first, bool is_signed) {
  Words r;
  for (int i = 0; i < 32; ++i) {
    const std::uint8_t x = a.at[2 * i + first];
    r.at[i] = is_signed ? std::int8_t(x) : x;
  }
  return r;
}
inline Words subtract(Words a, int c) {
  for (std::int16_t& x : a.at) x = std::int16_t(x - c);
  return a;
}

/// Two words a row, as a panel has them.
inline Words load_words(const std::byte* p) { return load_as<Words>(p); }

/// c * x in all lanes; c is a power of two or zero.
inline I32x16 start(int c, std::int32_t x) {
  I32x16 r;
  for (std::int32_t& lane : r.lane) lane = c * x;
  return r;
}
/// Adds the products of two levels a row and two activations.
inline I32x16 dot(I32x16 sum, Words w, const std::int16_t* a) {
  for (int r = 0; r < 16; ++r) sum.lane[r] += w.at[2 * r] * a[0] + w.at[2 * r + 1] * a[1];
  return sum;
}
/// The same of four levels, which are unsigned, and four activations. Where a ByteSum is not I32x16 it is two sums of
/// 16 bits a row, and has an add(I32x16, ByteSum).
using ByteSum = I32x16;
inline ByteSum dot(ByteSum sum, Bytes w, const std::int8_t* a) {
  for (int r = 0; r < 16; ++r) {
    for (int i = 0; i < 4; ++i) sum.lane[r] += w.at[4 * r + i] * a[i];
  }
  return sum;
}
inline F32x16 to_float(I32x16 a) {
  return each_lane([&](int r) { return float(a.lane[r]); });
}
/// The lower or the upper four bits of 16 bytes.
inline F32x16 load_nibbles(const std::byte* p, bool upper) {
  return each_lane([=](int r) { return float(upper ? int(p[r]) >> 4 : int(p[r]) & 15); });
}

/// The largest magnitude of 32 values as bits, which order magnitudes, infinity and NaN.
inline std::uint32_t largest_magnitude(const float* x) {
  std::uint32_t largest = 0;
  for (int i = 0; i < 32; ++i) {
    const std::uint32_t magnitude = bits_of(x[i]) & 0x7FFFFFFFu;
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest;
}
inline int nearest(float x) { return int(x + 12582912.0f - 12582912.0f); }  // 1.5 * 2^23: to nearest even

/// The sum of the magnitudes of round_values(x, factor).
inline std::int32_t sum_magnitudes(const float* x, float factor) {
  std::int32_t sum = 0;
  for (int i = 0; i < 32; ++i) {
    const int n = nearest(x[i] * factor);
    sum += n < 0 ? -n : n;
  }
  return sum;
}
/// x * factor, 32 values, to nearest even in the order of ActivationGroup.
template <class Integer>
[[gnu::always_inline]] inline HalfSums round_values(const float* x, float factor, Integer* q) {
  HalfSums sums{};
  for (int i = 0; i < 32; ++i) {
    const int n = nearest(x[i] * factor);
    q[sizeof(Integer) == 1 ? i : word_place(i)] = Integer(n);
    (i < 16 ? sums.first : sums.last) += n;
  }
  return sums;
}

}  // namespace
}  // namespace ondol::ISA
