#if defined(__x86_64__)
#define ISA avx512
#include "kernels/simd/avx512.hpp"
#include "kernels/simd/avx512_int8.hpp"
#include "kernels/isa/bodies.inl"
#endif
