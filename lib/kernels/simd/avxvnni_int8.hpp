// Integers beside F32x16 with AVX2 and AVX-VNNI. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/simd/avx2_bytes_int8.hpp"

namespace ondol::ISA {
namespace {

inline I32x16 dot(I32x16 sum, Words w, const std::int16_t* a) {
  const __m256i all = all_of(a);
  return {_mm256_dpwssd_avx_epi32(sum.lo, w.lo, all), _mm256_dpwssd_avx_epi32(sum.hi, w.hi, all)};
}

using ByteSum = I32x16;
inline ByteSum dot(ByteSum sum, Bytes w, const std::int8_t* a) {
  const __m256i all = all_of(a);
  return {_mm256_dpbusd_avx_epi32(sum.lo, w.lo, all), _mm256_dpbusd_avx_epi32(sum.hi, w.hi, all)};
}

}  // namespace
}  // namespace ondol::ISA
