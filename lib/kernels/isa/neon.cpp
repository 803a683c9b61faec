#if defined(__aarch64__)
#define ISA neon
#include "kernels/simd/neon.hpp"
#include "kernels/simd/neon_int8.hpp"
#include "kernels/isa/bodies.inl"
#endif
