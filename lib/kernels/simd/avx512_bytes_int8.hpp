// What the two AVX-512 sets have in common of the integers beside F32x16. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {

constexpr int tile_widths[] = {1, 2, 4, 8};
constexpr int tile_panels = 2;
constexpr bool unpack_levels = true;

struct Bytes {
  __m512i all;
};
struct Words {
  __m512i all;
};
struct I32x16 {
  __m512i all;
};

template <class T>
inline T load_as(const void* p) {
  return {_mm512_loadu_si512(p)};
}
template <class T>
inline void store_as(void* p, T a) {
  _mm512_storeu_si512(p, a.all);
}
inline __m128i sixteen_bytes(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
/// Two or four activations for each row.
inline __m512i all_of(const void* a) {
  int four_bytes;
  __builtin_memcpy(&four_bytes, a, 4);
  return _mm512_set1_epi32(four_bytes);
}

inline Bytes move_bits(Bytes a, int mask, int from, int to) {
  const __m512i moved =
      from > to ? _mm512_srli_epi16(a.all, unsigned(from - to)) : _mm512_slli_epi16(a.all, unsigned(to - from));
  return {_mm512_and_si512(from == to ? a.all : moved, _mm512_set1_epi8(char(mask << to)))};
}
inline Bytes either(Bytes a, Bytes b) { return {_mm512_or_si512(a.all, b.all)}; }
inline Bytes lookup(const std::uint8_t* table, Bytes a) {
  return {_mm512_shuffle_epi8(_mm512_broadcast_i32x4(sixteen_bytes(table)), a.all)};
}
inline Words widen(Bytes a, int first, bool is_signed) {
  if (is_signed) return {_mm512_srai_epi16(first == 0 ? _mm512_slli_epi16(a.all, 8) : a.all, 8)};
  return {first == 0 ? _mm512_and_si512(a.all, _mm512_set1_epi16(255)) : _mm512_srli_epi16(a.all, 8)};
}
inline Words subtract(Words a, int c) { return {_mm512_sub_epi16(a.all, _mm512_set1_epi16(short(c)))}; }

inline Words load_words(const std::byte* p) { return load_as<Words>(p); }

inline I32x16 start(int c, std::int32_t x) {
  if (c == 0) return {_mm512_setzero_si512()};
  return {_mm512_slli_epi32(_mm512_set1_epi32(x), unsigned(__builtin_ctz(unsigned(c))))};
}
inline F32x16 to_float(I32x16 a) { return {_mm512_cvtepi32_ps(a.all)}; }
inline F32x16 load_nibbles(const std::byte* p, bool upper) {
  const __m128i bytes = sixteen_bytes(p);
  const __m128i n = _mm_and_si128(upper ? _mm_srli_epi16(bytes, 4) : bytes, _mm_set1_epi8(15));
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(n))};
}

inline std::uint32_t largest_magnitude(const float* x) {
  const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF);
  const __m512i m = _mm512_max_epu32(_mm512_and_si512(_mm512_loadu_si512(x), magnitude),
                                     _mm512_and_si512(_mm512_loadu_si512(x + 16), magnitude));
  const __m256i eight = _mm256_max_epu32(_mm512_castsi512_si256(m), _mm512_extracti64x4_epi64(m, 1));
  __m128i four = _mm_max_epu32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4E));
  four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0xB1));
  return std::uint32_t(_mm_cvtsi128_si32(four));
}

inline __m512i nearest(const float* x, float factor) {
  return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), _mm512_set1_ps(factor)));
}

inline std::int32_t sum_magnitudes(const float* x, float factor) {
  return _mm512_reduce_add_epi32(
      _mm512_add_epi32(_mm512_abs_epi32(nearest(x, factor)), _mm512_abs_epi32(nearest(x + 16, factor))));
}

inline __m256i halves_added(__m512i a) {
  return _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
}

template <class Integer>
[[gnu::always_inline]] inline HalfSums round_values(const float* x, float factor, Integer* q) {
  const __m512i q0 = nearest(x, factor), q1 = nearest(x + 16, factor);
  if constexpr (sizeof(Integer) == 1) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtepi32_epi8(q0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(q + 16), _mm512_cvtepi32_epi8(q1));
  } else {
    // Four neighbours a, b, c, d are stored as a, c, b, d.
    auto* to = reinterpret_cast<__m256i*>(q);
    _mm256_storeu_si256(to, _mm512_cvtepi32_epi16(_mm512_shuffle_epi32(q0, _MM_PERM_DBCA)));
    _mm256_storeu_si256(to + 1, _mm512_cvtepi32_epi16(_mm512_shuffle_epi32(q1, _MM_PERM_DBCA)));
  }
  const __m256i pairs = _mm256_hadd_epi32(halves_added(q0), halves_added(q1));
  const __m256i fours = _mm256_hadd_epi32(pairs, pairs);  // of both lanes: first half, last half
  const __m128i halves = _mm_add_epi32(_mm256_castsi256_si128(fours), _mm256_extracti128_si256(fours, 1));
  return {_mm_cvtsi128_si32(halves), _mm_extract_epi32(halves, 1)};
}

}  // namespace
}  // namespace ondol::ISA
