// Sixteen float32 lanes in two AVX2 registers (with FMA and F16C). What each operation does: simd/base.hpp.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace ondol::ISA {
namespace {

struct F32x16 {
  __m256 lo, hi;
};

constexpr int tile_vectors = 7;
constexpr int tile_rows = 6;

inline std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }
inline float float_of(std::uint32_t x) { return __builtin_bit_cast(float, x); }

/// All ones in the lanes below n of the eight that begin with `first`.
inline __m256i lanes_below(int first, int n) {
  const __m256i lane = _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(first));
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lane);
}

// --- memory
inline F32x16 load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
inline F32x16 load_partial(const float* p, std::size_t n) {
  return {_mm256_maskload_ps(p, lanes_below(0, int(n))), _mm256_maskload_ps(p + 8, lanes_below(8, int(n)))};
}
inline void store(float* p, F32x16 a) {
  _mm256_storeu_ps(p, a.lo);
  _mm256_storeu_ps(p + 8, a.hi);
}
inline void store_partial(float* p, F32x16 a, std::size_t n) {
  _mm256_maskstore_ps(p, lanes_below(0, int(n)), a.lo);
  _mm256_maskstore_ps(p + 8, lanes_below(8, int(n)), a.hi);
}

inline F32x16 zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
inline F32x16 broadcast(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }

// --- arithmetic
inline F32x16 add(F32x16 a, F32x16 b) { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
inline F32x16 subtract(F32x16 a, F32x16 b) { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
inline F32x16 multiply(F32x16 a, F32x16 b) { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
inline F32x16 divide(F32x16 a, F32x16 b) { return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)}; }
inline F32x16 multiply_add(F32x16 a, F32x16 b, F32x16 c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
inline F32x16 maximum(F32x16 a, F32x16 b) { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
inline F32x16 minimum(F32x16 a, F32x16 b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }
inline F32x16 absolute(F32x16 a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, a.lo), _mm256_andnot_ps(sign, a.hi)};
}
inline F32x16 nan_or(F32x16 a, F32x16 b) {
  return {_mm256_blendv_ps(b.lo, a.lo, _mm256_cmp_ps(a.lo, a.lo, _CMP_UNORD_Q)),
          _mm256_blendv_ps(b.hi, a.hi, _mm256_cmp_ps(a.hi, a.hi, _CMP_UNORD_Q))};
}
inline F32x16 keep_lanes(F32x16 a, F32x16 other, int first, int end) {
  const __m256i lo = _mm256_andnot_si256(lanes_below(0, first), lanes_below(0, end));
  const __m256i hi = _mm256_andnot_si256(lanes_below(8, first), lanes_below(8, end));
  return {_mm256_blendv_ps(other.lo, a.lo, _mm256_castsi256_ps(lo)),
          _mm256_blendv_ps(other.hi, a.hi, _mm256_castsi256_ps(hi))};
}
inline F32x16 power_of_two(F32x16 n) {
  const F32x16 t = add(n, broadcast(8388735.0f));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(t.lo), 23)),
          _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(t.hi), 23))};
}
inline F32x16 times_power_of_two(F32x16 a, F32x16 n) {
  const F32x16 round = broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  const F32x16 half = subtract(multiply_add(n, broadcast(0.5f), round), round);
  return multiply(multiply(a, power_of_two(half)), power_of_two(subtract(n, half)));
}

// --- one fixed tree
inline float reduce_add(F32x16 a) {
  const __m256 eight = _mm256_add_ps(a.lo, a.hi);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float reduce_maximum(F32x16 a) {
  const __m256 eight = _mm256_max_ps(a.lo, a.hi);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// --- narrow storage
inline __m128i eight_words(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline float half_to_float(std::uint16_t h) { return _cvtsh_ss(h); }
inline std::uint16_t float_to_half(float x) { return std::uint16_t(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT)); }
inline std::uint16_t float_to_bfloat(float x) {
  const std::uint32_t b = bits_of(x);
  if ((b & 0x7FFFFFFFu) > 0x7F800000u) return std::uint16_t(b >> 16 | 0x40u);
  return std::uint16_t((b + 0x7FFFu + (b >> 16 & 1u)) >> 16);
}
inline F32x16 load_half(const std::uint16_t* p) {
  return {_mm256_cvtph_ps(eight_words(p)), _mm256_cvtph_ps(eight_words(p + 8))};
}
inline F32x16 load_bfloat(const std::uint16_t* p) {
  const __m256i lo = _mm256_slli_epi32(_mm256_cvtepu16_epi32(eight_words(p)), 16);
  const __m256i hi = _mm256_slli_epi32(_mm256_cvtepu16_epi32(eight_words(p + 8)), 16);
  return {_mm256_castsi256_ps(lo), _mm256_castsi256_ps(hi)};
}
inline F32x16 load_int8(const std::int8_t* p) {
  const __m128i bytes = eight_words(p);
  return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
          _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(bytes, bytes)))};
}
inline void store_half(std::uint16_t* p, F32x16 a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a.lo, _MM_FROUND_TO_NEAREST_INT));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 8), _mm256_cvtps_ph(a.hi, _MM_FROUND_TO_NEAREST_INT));
}
/// Each lane's bfloat in the low 16 bits.
inline __m256i bfloat_lanes(__m256 a) {
  const __m256i b = _mm256_castps_si256(a);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(b, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(b, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF))), 16);
  const __m256i quiet = _mm256_or_si256(_mm256_srli_epi32(b, 16), _mm256_set1_epi32(0x40));
  return _mm256_blendv_epi8(rounded, quiet, _mm256_castps_si256(_mm256_cmp_ps(a, a, _CMP_UNORD_Q)));
}
inline void store_bfloat(std::uint16_t* p, F32x16 a) {
  const __m256i mixed = _mm256_packus_epi32(bfloat_lanes(a.lo), bfloat_lanes(a.hi));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(mixed, 0xD8));
}

}  // namespace
}  // namespace ondol::ISA
