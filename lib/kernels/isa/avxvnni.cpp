#if defined(__x86_64__)
#define ISA avxvnni
#include "kernels/simd/avx2.hpp"
#include "kernels/simd/avxvnni_int8.hpp"
#include "kernels/isa/bodies.inl"
#endif
