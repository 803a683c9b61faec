// What the two AVX2 sets have in common of the integers beside F32x16. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {

constexpr int tile_widths[] = {1, 2, 4, 6};
constexpr int tile_panels = 1;
constexpr bool unpack_levels = true;

struct Bytes {
  __m256i lo, hi;
};
struct Words {
  __m256i lo, hi;
};
struct I32x16 {
  __m256i lo, hi;
};

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

/// Two or four activations for each row.
inline __m256i all_of(const void* a) {
  int four_bytes;
  __builtin_memcpy(&four_bytes, a, 4);
  return _mm256_set1_epi32(four_bytes);
}

inline __m256i move_bits(__m256i a, int mask, int from, int to) {
  const __m256i moved = from > to ? _mm256_srli_epi16(a, from - to) : _mm256_slli_epi16(a, to - from);
  return _mm256_and_si256(from == to ? a : moved, _mm256_set1_epi8(char(mask << to)));
}
inline Bytes move_bits(Bytes a, int mask, int from, int to) {
  return {move_bits(a.lo, mask, from, to), move_bits(a.hi, mask, from, to)};
}
inline Bytes either(Bytes a, Bytes b) { return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)}; }
inline Bytes lookup(const std::uint8_t* table, Bytes a) {
  const __m256i t = _mm256_broadcastsi128_si256(eight_words(table));
  return {_mm256_shuffle_epi8(t, a.lo), _mm256_shuffle_epi8(t, a.hi)};
}
inline __m256i widen(__m256i a, int first, bool is_signed) {
  if (is_signed) return _mm256_srai_epi16(first == 0 ? _mm256_slli_epi16(a, 8) : a, 8);
  return first == 0 ? _mm256_and_si256(a, _mm256_set1_epi16(255)) : _mm256_srli_epi16(a, 8);
}
inline Words widen(Bytes a, int first, bool is_signed) {
  return {widen(a.lo, first, is_signed), widen(a.hi, first, is_signed)};
}
inline Words subtract(Words a, int c) {
  const __m256i all = _mm256_set1_epi16(short(c));
  return {_mm256_sub_epi16(a.lo, all), _mm256_sub_epi16(a.hi, all)};
}

inline Words load_words(const std::byte* p) { return load_as<Words>(p); }

inline I32x16 start(int c, std::int32_t x) {
  if (c == 0) return {_mm256_setzero_si256(), _mm256_setzero_si256()};
  const __m256i r = _mm256_slli_epi32(_mm256_set1_epi32(x), __builtin_ctz(unsigned(c)));
  return {r, r};
}
inline F32x16 to_float(I32x16 a) { return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)}; }
inline F32x16 load_nibbles(const std::byte* p, bool upper) {
  const __m128i bytes = eight_words(p);
  const __m128i n = _mm_and_si128(upper ? _mm_srli_epi16(bytes, 4) : bytes, _mm_set1_epi8(15));
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(n)),
          _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_unpackhi_epi64(n, n)))};
}

inline std::uint32_t largest_magnitude(const float* x) {
  __m256i m = _mm256_setzero_si256();
  for (int i = 0; i < 4; ++i) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + 8 * i));
    m = _mm256_max_epu32(m, _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF)));
  }
  __m128i four = _mm_max_epu32(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
  four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0x4E));
  four = _mm_max_epu32(four, _mm_shuffle_epi32(four, 0xB1));
  return std::uint32_t(_mm_cvtsi128_si32(four));
}

inline __m256i nearest(const float* x, float factor) {
  return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), _mm256_set1_ps(factor)));
}

inline std::int32_t sum_magnitudes(const float* x, float factor) {
  __m256i sum = _mm256_setzero_si256();
  for (int i = 0; i < 32; i += 8) sum = _mm256_add_epi32(sum, _mm256_abs_epi32(nearest(x + i, factor)));
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
  return _mm_cvtsi128_si32(four) + _mm_extract_epi32(four, 1);
}

template <class Integer>
[[gnu::always_inline]] inline HalfSums round_values(const float* x, float factor, Integer* out) {
  __m256i q[4];
  for (int i = 0; i < 4; ++i) q[i] = nearest(x + 8 * i, factor);
  const __m256i words[] = {_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3])};
  auto* to = reinterpret_cast<__m256i*>(out);
  if constexpr (sizeof(Integer) == 1) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    _mm256_storeu_si256(to, _mm256_permutevar8x32_epi32(_mm256_packs_epi16(words[0], words[1]), order));
  } else {
    // Four neighbours a, b, c, d are stored as a, c, b, d.
    const __m256i order = _mm256_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15,  //
                                           0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15);
    for (int half = 0; half < 2; ++half) {
      _mm256_storeu_si256(to + half, _mm256_shuffle_epi8(_mm256_permute4x64_epi64(words[half], 0xD8), order));
    }
  }
  const __m256i pairs = _mm256_hadd_epi32(_mm256_add_epi32(q[0], q[1]), _mm256_add_epi32(q[2], q[3]));
  const __m256i fours = _mm256_hadd_epi32(pairs, pairs);  // of both lanes: first half, last half
  const __m128i halves = _mm_add_epi32(_mm256_castsi256_si128(fours), _mm256_extracti128_si256(fours, 1));
  return {_mm_cvtsi128_si32(halves), _mm_extract_epi32(halves, 1)};
}

}  // namespace
}  // namespace ondol::ISA
