#if defined(__x86_64__)
#define ISA avx2
#include "kernels/simd/avx2.hpp"
#include "kernels/simd/avx2_int8.hpp"
#include "kernels/isa/bodies.inl"
#endif
