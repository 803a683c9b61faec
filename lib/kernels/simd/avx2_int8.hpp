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
/// Products that fit 16 bits: 2 levels of a piece, at most 2^bits - 1, times 127.
constexpr int byte_sum_pieces(int bits) { return bits <= 4 ? 8 : bits == 5 ? 4 : 2; }
inline ByteSum dot(ByteSum sum, Bytes w, const std::int8_t* a) {
  const __m256i all = all_of(a);
  sum.lo = _mm256_add_epi16(sum.lo, _mm256_maddubs_epi16(w.lo, all));
  asm volatile("" : "+x"(sum.lo));
  sum.hi = _mm256_add_epi16(sum.hi, _mm256_maddubs_epi16(w.hi, all));
  asm volatile("" : "+x"(sum.hi));
  return sum;
}
template <class Partial>
inline Partial begin(I32x16 from) {
  if constexpr (std::is_same_v<Partial, ByteSum>) {
    return {_mm256_setzero_si256(), _mm256_setzero_si256()};
  } else {
    return from;
  }
}
inline I32x16 finish(I32x16, I32x16 sum) { return sum; }
inline I32x16 finish(I32x16 from, ByteSum sum) {
  const __m256i ones = _mm256_set1_epi16(1);
  return {_mm256_add_epi32(from.lo, _mm256_madd_epi16(sum.lo, ones)),
          _mm256_add_epi32(from.hi, _mm256_madd_epi16(sum.hi, ones))};
}

}  // namespace
}  // namespace ondol::ISA
