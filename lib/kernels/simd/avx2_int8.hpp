// Integers beside F32x16 with AVX2. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {

constexpr int tile_widths[] = {1, 2, 4, 6};
constexpr bool sums_in_16_bits = true;
constexpr bool unpack_levels = true;
constexpr int wide_offset = 0;

struct Bytes {
  __m256i lo, hi;
};
struct I32x16 {
  __m256i lo, hi;
};
struct NarrowSum {
  __m256i lo, hi;  // pairs of 16 bits
};
struct WideSum {
  __m256i lo, hi;
};
struct Scales {
  __m256i lo, hi;  // twice in 16 bits
};
struct BytePairs {
  __m256i lo, hi;  // in 16 bits
};

inline __m256i four_of(const void* p) {
  int x;
  __builtin_memcpy(&x, p, 4);
  return _mm256_set1_epi32(x);
}

template <class T>
inline T load_as(const void* p) {
  const auto* v = static_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1)};
}
template <class T>
inline void store_as(void* p, T a) {
  auto* v = static_cast<__m256i*>(p);
  _mm256_storeu_si256(v, a.lo);
  _mm256_storeu_si256(v + 1, a.hi);
}
inline __m256i move_bits(__m256i a, int mask, int from, int to) {
  const __m256i moved = from > to ? _mm256_srli_epi16(a, from - to) : _mm256_slli_epi16(a, to - from);
  return _mm256_and_si256(from == to ? a : moved, _mm256_set1_epi8(char(mask << to)));
}
inline Bytes move_bits(Bytes a, int mask, int from, int to) {
  return {move_bits(a.lo, mask, from, to), move_bits(a.hi, mask, from, to)};
}
inline Bytes either(Bytes a, Bytes b) { return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)}; }
inline Bytes flip_signs(Bytes a) {
  const __m256i sign = _mm256_set1_epi8(char(0x80));
  return {_mm256_xor_si256(a.lo, sign), _mm256_xor_si256(a.hi, sign)};
}
inline Bytes lookup(const std::uint8_t* table, Bytes a) {
  const __m256i t = _mm256_broadcastsi128_si256(eight_words(table));
  return {_mm256_shuffle_epi8(t, a.lo), _mm256_shuffle_epi8(t, a.hi)};
}

inline I32x16 multiples(int c, const std::int16_t* pairs) {
  const __m256i r = _mm256_madd_epi16(four_of(pairs), _mm256_set1_epi16(short(c)));
  return {r, r};
}
inline __m256i multiples_in_16_bits(int c, const std::int16_t* pairs) {
  if (c == 0) return _mm256_setzero_si256();
  return _mm256_mullo_epi16(four_of(pairs), _mm256_set1_epi16(short(c)));
}
template <class Sum>
inline Sum start(int c, const ActivationGroup& a) {
  const __m256i r = multiples_in_16_bits(-c, a.pairs);
  return {r, r};
}
template <class Sum>
inline Sum start_half(int c, const ActivationGroup& a, int half) {
  const __m256i r = multiples_in_16_bits(-c, a.pairs_of[half]);
  return {r, r};
}
/// Keeps gcc from computing all products first and spilling them.
inline void in_order(__m256i& a, __m256i& b) { asm volatile("" : "+x"(a), "+x"(b)); }

inline NarrowSum dot(NarrowSum sum, Bytes w, const std::int8_t* a) {
  const __m256i four = four_of(a);
  sum.lo = _mm256_add_epi16(sum.lo, _mm256_maddubs_epi16(w.lo, four));
  sum.hi = _mm256_add_epi16(sum.hi, _mm256_maddubs_epi16(w.hi, four));
  in_order(sum.lo, sum.hi);
  return sum;
}
/// |w| <= 128 and |a| <= 127: two products fit in 16 bits.
inline __m256i wide_products(__m256i w, __m256i a) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(a, w));
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
inline WideSum dot(WideSum sum, Bytes w, const std::int8_t* a) {
  const __m256i four = four_of(a);
  sum.lo = _mm256_add_epi32(sum.lo, wide_products(w.lo, four));
  sum.hi = _mm256_add_epi32(sum.hi, wide_products(w.hi, four));
  in_order(sum.lo, sum.hi);
  return sum;
}

inline I32x16 total(NarrowSum a) {
  const __m256i one = _mm256_set1_epi16(1);
  return {_mm256_madd_epi16(a.lo, one), _mm256_madd_epi16(a.hi, one)};
}
inline I32x16 total(WideSum a) { return {a.lo, a.hi}; }
inline I32x16 total(NarrowSum a, Scales s) { return {_mm256_madd_epi16(a.lo, s.lo), _mm256_madd_epi16(a.hi, s.hi)}; }
inline I32x16 add(I32x16 a, I32x16 b) { return {_mm256_add_epi32(a.lo, b.lo), _mm256_add_epi32(a.hi, b.hi)}; }
inline F32x16 to_float(I32x16 a) { return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)}; }

inline Scales load_scales(const std::byte* p, bool nibbles) {
  __m128i bytes = eight_words(p);
  if (nibbles) bytes = _mm_and_si128(bytes, _mm_set1_epi8(15));
  const __m128i lo = _mm_unpacklo_epi8(bytes, bytes);
  const __m128i hi = _mm_unpackhi_epi8(bytes, bytes);
  return {_mm256_cvtepi8_epi16(lo), _mm256_cvtepi8_epi16(hi)};
}
inline BytePairs load_high_nibbles(const std::byte* p) {
  const __m128i mask = _mm_set1_epi8(15);
  const __m128i first = _mm_and_si128(_mm_srli_epi16(eight_words(p), 4), mask);
  const __m128i second = _mm_and_si128(_mm_srli_epi16(eight_words(p + 16), 4), mask);
  return {_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(first, second)),
          _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(first, second))};
}
inline I32x16 dot_pairs(BytePairs b, const std::int16_t* a) {
  const __m256i two = four_of(a);
  return {_mm256_madd_epi16(b.lo, two), _mm256_madd_epi16(b.hi, two)};
}

inline void quantise_group(const float* x, ActivationGroup& out) {
  const __m256i magnitude = _mm256_set1_epi32(0x7FFFFFFF);
  __m256 v[4];
  __m256i m = _mm256_setzero_si256();
  for (int i = 0; i < 4; ++i) {
    v[i] = _mm256_loadu_ps(x + 8 * i);
    m = _mm256_max_epu32(m, _mm256_and_si256(_mm256_castps_si256(v[i]), magnitude));
  }
  __m128i four = _mm_max_epu32(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
  four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4E));
  four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0xB1));
  const auto largest = std::uint32_t(_mm_cvtsi128_si32(four));
  if (largest >= 0x7F800000u || largest < bits_of(0x1p-119f)) {
    __builtin_memset(&out, 0, sizeof out);
    if (largest >= 0x7F800000u) out.scale = out.sum = float_of(0x7FC00000u);
    return;
  }
  const __m256 inverse = _mm256_set1_ps(127.0f / float_of(largest));
  __m256i q[4];
  for (int i = 0; i < 4; ++i) q[i] = _mm256_cvtps_epi32(_mm256_mul_ps(v[i], inverse));
  const __m256i mixed = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
  const __m256i bytes = _mm256_permutevar8x32_epi32(mixed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out.q), bytes);
  // Sums of two neighbours, 16 of them; then over the steps of a half: {pairs[0], pairs[1]} in 32 bits.
  const __m256i twos = _mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes);
  const __m256i fours = _mm256_add_epi16(twos, _mm256_shuffle_epi32(twos, 0x4E));
  const __m256i halves = _mm256_add_epi16(fours, _mm256_shuffle_epi32(fours, 0xB1));
  const __m128i first = _mm256_castsi256_si128(halves);
  const __m128i second = _mm256_extracti128_si256(halves, 1);
  const __m128i both = _mm_unpacklo_epi32(first, second);
  const __m128i sums = _mm_madd_epi16(both, _mm_set1_epi16(1));
  const int sum0 = _mm_cvtsi128_si32(sums), sum1 = _mm_extract_epi32(sums, 1);
  const int pairs = _mm_cvtsi128_si32(_mm_add_epi16(first, second));
  __builtin_memcpy(out.pairs, &pairs, 4);
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out.pairs_of), both);
  out.sums_of[0] = std::int16_t(sum0);
  out.sums_of[1] = std::int16_t(sum1);
  out.scale = float_of(largest) * (1.0f / 127.0f);
  out.sum = out.scale * float(sum0 + sum1);
  out.minus_sum = -(sum0 + sum1);
}

}  // namespace
}  // namespace ondol::ISA
