#define ISA base
#include "kernels/simd/base.hpp"
#include "kernels/simd/base_int8.hpp"
#include "kernels/isa/bodies.inl"
