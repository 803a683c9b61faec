#if defined(__x86_64__)
#define ISA avx512vnni
#include "kernels/simd/avx512.hpp"
#include "kernels/simd/avx512vnni_int8.hpp"
#include "kernels/isa/bodies.inl"
#endif
