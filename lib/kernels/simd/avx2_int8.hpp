// Integers beside F32x16 with AVX2 without VNNI. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/simd/avx2_bytes_int8.hpp"

namespace ondol::ISA {
namespace {

inline I32x16 dot(I32x16 sum, Words w, const std::int16_t* a) {
  const __m256i pair = all_of(a);
  // The empty asm keep gcc from computing all products first and spilling them.
  sum.lo = _mm256_add_epi32(sum.lo, _mm256_madd_epi16(w.lo, pair));
  asm volatile("" : "+x"(sum.lo));
  sum.hi = _mm256_add_epi32(sum.hi, _mm256_madd_epi16(w.hi, pair));
  asm volatile("" : "+x"(sum.hi));
  return sum;
}

/// 16 bits, two a row.
struct ByteSum {
  __m256i lo, hi;
};
inline ByteSum dot(ByteSum sum, Bytes w, const std::int8_t* a) {
  const __m256i all = all_of(a);
  sum.lo = _mm256_add_epi16(sum.lo, _mm256_maddubs_epi16(w.lo, all));
  asm volatile("" : "+x"(sum.lo));
  sum.hi = _mm256_add_epi16(sum.hi, _mm256_maddubs_epi16(w.hi, all));
  asm volatile("" : "+x"(sum.hi));
  return sum;
}
inline I32x16 add(I32x16 from, ByteSum sum) {
  const __m256i ones = _mm256_set1_epi16(1);
  return {_mm256_add_epi32(from.lo, _mm256_madd_epi16(sum.lo, ones)),
          _mm256_add_epi32(from.hi, _mm256_madd_epi16(sum.hi, ones))};
}

}  // namespace
}  // namespace ondol::ISA
