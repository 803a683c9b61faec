// What one ISA's object holds, after its simd layer: each body file defines the constant named as the field of Kernels.
#include "kernels/attention.inl"
#include "kernels/elementwise.inl"
#include "kernels/float_products.inl"
#include "kernels/kernels.hpp"
#if __has_include("kernels/quantised_products.inl")
#include "kernels/quantised_products.inl"
#endif

namespace ondol::ISA {

extern const Kernels table;
#if __has_include("kernels/quantised_products.inl")
const Kernels table{Isa::ISA, &elementwise, &attention, &float_products, &quantised};
#else
const Kernels table{Isa::ISA, &elementwise, &attention, &float_products, nullptr};
#endif

}  // namespace ondol::ISA
