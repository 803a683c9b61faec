// What the two AVX-512 sets have in common of the integers beside F32x16. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {

constexpr int tile_widths[] = {1, 2, 4, 6, 8, 12};

struct Bytes {
  __m512i all;
};
struct I32x16 {
  __m512i all;
};
struct BytePairs {
  __m512i all;  // in 16 bits
};

inline __m512i four_of(const void* p) {
  int x;
  __builtin_memcpy(&x, p, 4);
  return _mm512_set1_epi32(x);
}
inline __m128i sixteen_bytes(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }

template <class T>
inline T load_as(const void* p) {
  return {_mm512_loadu_si512(p)};
}
template <class T>
inline void store_as(void* p, T a) {
  _mm512_storeu_si512(p, a.all);
}
inline Bytes move_bits(Bytes a, int mask, int from, int to) {
  const __m512i moved =
      from > to ? _mm512_srli_epi16(a.all, unsigned(from - to)) : _mm512_slli_epi16(a.all, unsigned(to - from));
  return {_mm512_and_si512(from == to ? a.all : moved, _mm512_set1_epi8(char(mask << to)))};
}
inline Bytes either(Bytes a, Bytes b) { return {_mm512_or_si512(a.all, b.all)}; }
inline Bytes flip_signs(Bytes a) { return {_mm512_xor_si512(a.all, _mm512_set1_epi8(char(0x80)))}; }
inline Bytes lookup(const std::uint8_t* table, Bytes a) {
  return {_mm512_shuffle_epi8(_mm512_broadcast_i32x4(sixteen_bytes(table)), a.all)};
}

inline I32x16 multiples(int c, const std::int16_t* pairs) {
  return {_mm512_madd_epi16(four_of(pairs), _mm512_set1_epi16(short(c)))};
}
inline I32x16 add(I32x16 a, I32x16 b) { return {_mm512_add_epi32(a.all, b.all)}; }
inline F32x16 to_float(I32x16 a) { return {_mm512_cvtepi32_ps(a.all)}; }

inline BytePairs load_high_nibbles(const std::byte* p) {
  const __m128i mask = _mm_set1_epi8(15);
  const __m128i first = _mm_and_si128(_mm_srli_epi16(sixteen_bytes(p), 4), mask);
  const __m128i second = _mm_and_si128(_mm_srli_epi16(sixteen_bytes(p + 16), 4), mask);
  return {_mm512_or_si512(_mm512_cvtepu8_epi32(first), _mm512_slli_epi32(_mm512_cvtepu8_epi32(second), 16))};
}
inline I32x16 dot_pairs(BytePairs b, const std::int16_t* a) { return {_mm512_madd_epi16(b.all, four_of(a))}; }

inline void quantise_group(const float* x, ActivationGroup& out) {
  const __m512 v0 = _mm512_loadu_ps(x), v1 = _mm512_loadu_ps(x + 16);
  const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF);
  const __m512i m = _mm512_max_epu32(_mm512_and_si512(_mm512_castps_si512(v0), magnitude),
                                     _mm512_and_si512(_mm512_castps_si512(v1), magnitude));
  const __m256i eight = _mm256_max_epu32(_mm512_castsi512_si256(m), _mm512_extracti64x4_epi64(m, 1));
  __m128i four = _mm_max_epu32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4E));
  four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0xB1));
  const auto largest = std::uint32_t(_mm_cvtsi128_si32(four));
  if (largest >= 0x7F800000u || largest < bits_of(0x1p-119f)) {
    __builtin_memset(&out, 0, sizeof out);
    if (largest >= 0x7F800000u) out.scale = out.sum = float_of(0x7FC00000u);
    return;
  }
  const __m512 inverse = _mm512_set1_ps(127.0f / float_of(largest));
  const __m128i q0 = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(v0, inverse)));
  const __m128i q1 = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(v1, inverse)));
  const __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(q0), q1, 1);
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
