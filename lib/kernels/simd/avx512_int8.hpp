// Integers beside F32x16 with AVX-512 without VNNI. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/simd/avx512_bytes_int8.hpp"

namespace ondol::ISA {
namespace {

inline I32x16 dot(I32x16 sum, Words w, const std::int16_t* a) {
  sum.all = _mm512_add_epi32(sum.all, _mm512_madd_epi16(w.all, all_of(a)));
  asm volatile("" : "+v"(sum.all));  // keeps gcc from computing all products first and spilling them
  return sum;
}

/// 16 bits, two a row.
struct ByteSum {
  __m512i all;
};
inline ByteSum dot(ByteSum sum, Bytes w, const std::int8_t* a) {
  sum.all = _mm512_add_epi16(sum.all, _mm512_maddubs_epi16(w.all, all_of(a)));
  asm volatile("" : "+v"(sum.all));
  return sum;
}
inline I32x16 add(I32x16 from, ByteSum sum) {
  return {_mm512_add_epi32(from.all, _mm512_madd_epi16(sum.all, _mm512_set1_epi16(1)))};
}

}  // namespace
}  // namespace ondol::ISA
