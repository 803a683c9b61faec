// What one ISA's object holds, after its simd layer: each body file defines the constant named as the field of Kernels.
#include "kernels/attention.inl"
#include "kernels/block_float.inl"
#include "kernels/elementwise.inl"
#include "kernels/float_products.inl"
#include "kernels/kernels.hpp"
#include "kernels/quantised_products.inl"
#include "kernels/recurrence.inl"

namespace ondol::ISA {

extern const Kernels table;
const Kernels table{Isa::ISA, &elementwise, &attention, &float_products, &quantised, &block_float, &recurrence};

}  // namespace ondol::ISA
