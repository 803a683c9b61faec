// Integers beside F32x16 with AVX-512 without VNNI. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/simd/avx512_bytes_int8.hpp"

namespace ondol::ISA {
namespace {

constexpr bool sums_in_16_bits = true;
constexpr bool unpack_levels = true;
constexpr int wide_offset = 0;

struct NarrowSum {
  __m512i all;  // pairs of 16 bits
};
struct WideSum {
  __m512i all;
};
struct Scales {
  __m512i all;  // twice in 16 bits
};

inline __m512i multiples_in_16_bits(int c, const std::int16_t* pairs) {
  if (c == 0) return _mm512_setzero_si512();
  return _mm512_mullo_epi16(four_of(pairs), _mm512_set1_epi16(short(c)));
}
template <class Sum>
inline Sum start(int c, const ActivationGroup& a) {
  return {multiples_in_16_bits(-c, a.pairs)};
}
template <class Sum>
inline Sum start_half(int c, const ActivationGroup& a, int half) {
  return {multiples_in_16_bits(-c, a.pairs_of[half])};
}
/// Keeps gcc from computing all products first and spilling them.
inline void in_order(__m512i& a) { asm volatile("" : "+v"(a)); }

inline NarrowSum dot(NarrowSum sum, Bytes w, const std::int8_t* a) {
  sum.all = _mm512_add_epi16(sum.all, _mm512_maddubs_epi16(w.all, four_of(a)));
  in_order(sum.all);
  return sum;
}
/// |w| <= 128 and |a| <= 127: two products fit in 16 bits.
inline WideSum dot(WideSum sum, Bytes w, const std::int8_t* a) {
  const __m512i four = four_of(a);
  const __m512i signs = _mm512_mask_sub_epi8(four, _mm512_movepi8_mask(w.all), _mm512_setzero_si512(), four);
  const __m512i pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(w.all), signs);
  sum.all = _mm512_add_epi32(sum.all, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  in_order(sum.all);
  return sum;
}
inline I32x16 total(NarrowSum a) { return {_mm512_madd_epi16(a.all, _mm512_set1_epi16(1))}; }
inline I32x16 total(WideSum a) { return {a.all}; }
inline I32x16 total(NarrowSum a, Scales s) { return {_mm512_madd_epi16(a.all, s.all)}; }

inline Scales load_scales(const std::byte* p, bool nibbles) {
  __m128i bytes = sixteen_bytes(p);
  if (nibbles) bytes = _mm_and_si128(bytes, _mm_set1_epi8(15));
  const __m512i low = _mm512_cvtepi8_epi32(bytes);
  return {_mm512_mask_blend_epi16(0xAAAAAAAAu, low, _mm512_slli_epi32(low, 16))};
}

}  // namespace
}  // namespace ondol::ISA
