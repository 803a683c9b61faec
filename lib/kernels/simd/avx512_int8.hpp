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
/// Products that fit 16 bits: 2 levels of a piece, at most 2^bits - 1, times 127.
constexpr int byte_sum_pieces(int bits) { return bits <= 4 ? 8 : bits == 5 ? 4 : 2; }
inline ByteSum dot(ByteSum sum, Bytes w, const std::int8_t* a) {
  sum.all = _mm512_add_epi16(sum.all, _mm512_maddubs_epi16(w.all, all_of(a)));
  asm volatile("" : "+v"(sum.all));
  return sum;
}
template <class Partial>
inline Partial begin(I32x16 from) {
  if constexpr (std::is_same_v<Partial, ByteSum>) {
    return {_mm512_setzero_si512()};
  } else {
    return from;
  }
}
inline I32x16 finish(I32x16, I32x16 sum) { return sum; }
inline I32x16 finish(I32x16 from, ByteSum sum) {
  return {_mm512_add_epi32(from.all, _mm512_madd_epi16(sum.all, _mm512_set1_epi16(1)))};
}

}  // namespace
}  // namespace ondol::ISA
