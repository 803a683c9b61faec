// Integers beside F32x16 with AVX-512 and VNNI. What each operation does: simd/base_int8.hpp.
#pragma once

#include "kernels/simd/avx512_bytes_int8.hpp"

namespace ondol::ISA {
namespace {

inline I32x16 dot(I32x16 sum, Words w, const std::int16_t* a) {
  return {_mm512_dpwssd_epi32(sum.all, w.all, all_of(a))};
}

using ByteSum = I32x16;
inline ByteSum dot(ByteSum sum, Bytes w, const std::int8_t* a) {
  return {_mm512_dpbusd_epi32(sum.all, w.all, all_of(a))};
}

}  // namespace
}  // namespace ondol::ISA
