// Integers beside F32x16 with AVX-512 and VNNI. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/simd/avx512_bytes_int8.hpp"

namespace ondol::ISA {
namespace {

constexpr bool sums_in_16_bits = false;
constexpr bool unpack_levels = false;
constexpr int wide_offset = 128;  // vpdpbusd takes unsigned levels

struct NarrowSum {
  __m512i all;
};
struct WideSum {
  __m512i all;
};
using Scales = I32x16;

template <class Sum>
inline Sum start(int c, const ActivationGroup& a) {
  if (c == 0) return {_mm512_setzero_si512()};
  return {_mm512_slli_epi32(_mm512_set1_epi32(a.minus_sum), unsigned(__builtin_ctz(unsigned(c))))};
}
template <class Sum>
inline Sum start_half(int c, const ActivationGroup& a, int half) {
  if (c == 0) return {_mm512_setzero_si512()};
  return {multiples(-c, a.pairs_of[half]).all};
}
inline NarrowSum dot(NarrowSum sum, Bytes w, const std::int8_t* a) {
  return {_mm512_dpbusd_epi32(sum.all, w.all, four_of(a))};
}
inline WideSum dot(WideSum sum, Bytes w, const std::int8_t* a) {
  return {_mm512_dpbusd_epi32(sum.all, w.all, four_of(a))};
}
inline I32x16 total(NarrowSum a) { return {a.all}; }
inline I32x16 total(WideSum a) { return {a.all}; }
inline I32x16 total(NarrowSum a, Scales s) { return {_mm512_mullo_epi32(a.all, s.all)}; }

inline Scales load_scales(const std::byte* p, bool nibbles) {
  __m128i bytes = sixteen_bytes(p);
  if (nibbles) bytes = _mm_and_si128(bytes, _mm_set1_epi8(15));
  return {_mm512_cvtepi8_epi32(bytes)};
}

}  // namespace
}  // namespace ondol::ISA
