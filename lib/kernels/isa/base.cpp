#define ISA base
#include "kernels/simd/base.hpp"
#if __has_include("kernels/simd/base_int8.hpp")
#include "kernels/simd/base_int8.hpp"
#endif
#include "kernels/isa/bodies.inl"
