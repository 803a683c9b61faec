// Sixteen float32 lanes in one AVX-512 register (F, BW, DQ, VL). What each operation does: simd/base.hpp.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace ondol::ISA {
namespace {

struct F32x16 {
  __m512 all;
};

constexpr int tile_vectors = 30;
constexpr int tile_rows = 12;

inline std::uint32_t bits_of(float x) { return __builtin_bit_cast(std::uint32_t, x); }
inline float float_of(std::uint32_t x) { return __builtin_bit_cast(float, x); }

inline __mmask16 lanes_below(int n) { return __mmask16((1u << n) - 1u); }  // 0 .. 16

// --- memory
inline F32x16 load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline F32x16 load_partial(const float* p, std::size_t n) { return {_mm512_maskz_loadu_ps(lanes_below(int(n)), p)}; }
inline void store(float* p, F32x16 a) { _mm512_storeu_ps(p, a.all); }
inline void store_partial(float* p, F32x16 a, std::size_t n) { _mm512_mask_storeu_ps(p, lanes_below(int(n)), a.all); }

inline F32x16 zero() { return {_mm512_setzero_ps()}; }
inline F32x16 broadcast(float x) { return {_mm512_set1_ps(x)}; }

// --- arithmetic
inline F32x16 add(F32x16 a, F32x16 b) { return {_mm512_add_ps(a.all, b.all)}; }
inline F32x16 subtract(F32x16 a, F32x16 b) { return {_mm512_sub_ps(a.all, b.all)}; }
inline F32x16 multiply(F32x16 a, F32x16 b) { return {_mm512_mul_ps(a.all, b.all)}; }
inline F32x16 divide(F32x16 a, F32x16 b) { return {_mm512_div_ps(a.all, b.all)}; }
inline F32x16 multiply_add(F32x16 a, F32x16 b, F32x16 c) { return {_mm512_fmadd_ps(a.all, b.all, c.all)}; }
inline F32x16 maximum(F32x16 a, F32x16 b) { return {_mm512_max_ps(a.all, b.all)}; }
inline F32x16 minimum(F32x16 a, F32x16 b) { return {_mm512_min_ps(a.all, b.all)}; }
inline F32x16 absolute(F32x16 a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.all)}; }
inline F32x16 nan_or(F32x16 a, F32x16 b) {
  return {_mm512_mask_mov_ps(b.all, _mm512_cmp_ps_mask(a.all, a.all, _CMP_UNORD_Q), a.all)};
}
inline F32x16 keep_lanes(F32x16 a, F32x16 other, int first, int end) {
  return {_mm512_mask_mov_ps(other.all, __mmask16(lanes_below(end) & ~lanes_below(first)), a.all)};
}
inline F32x16 times_power_of_two(F32x16 a, F32x16 n) { return {_mm512_scalef_ps(a.all, n.all)}; }

// --- one fixed tree
inline float reduce_add(F32x16 a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.all), _mm512_extractf32x8_ps(a.all, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
inline float reduce_maximum(F32x16 a) {
  const __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a.all), _mm512_extractf32x8_ps(a.all, 1));
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// --- narrow storage
inline __m256i sixteen_words(const std::uint16_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
inline float half_to_float(std::uint16_t h) { return _cvtsh_ss(h); }
inline std::uint16_t float_to_half(float x) { return std::uint16_t(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT)); }
inline std::uint16_t float_to_bfloat(float x) {
  const std::uint32_t b = bits_of(x);
  if ((b & 0x7FFFFFFFu) > 0x7F800000u) return std::uint16_t(b >> 16 | 0x40u);
  return std::uint16_t((b + 0x7FFFu + (b >> 16 & 1u)) >> 16);
}
inline F32x16 load_half(const std::uint16_t* p) { return {_mm512_cvtph_ps(sixteen_words(p))}; }
inline F32x16 load_bfloat(const std::uint16_t* p) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(sixteen_words(p)), 16))};
}
inline F32x16 load_int8(const std::int8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}
inline void store_half(std::uint16_t* p, F32x16 a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(a.all, _MM_FROUND_TO_NEAREST_INT));
}
inline void store_bfloat(std::uint16_t* p, F32x16 a) {
  const __m512i b = _mm512_castps_si512(a.all);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(b, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(b, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF))), 16);
  const __m512i quiet = _mm512_or_si512(_mm512_srli_epi32(b, 16), _mm512_set1_epi32(0x40));
  const __mmask16 nan = _mm512_cmp_ps_mask(a.all, a.all, _CMP_UNORD_Q);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(_mm512_mask_mov_epi32(rounded, nan, quiet)));
}

}  // namespace
}  // namespace ondol::ISA
