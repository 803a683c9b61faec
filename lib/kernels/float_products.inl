#include "kernels/float_products.hpp"
namespace ondol::ISA {
extern const FloatKernels float_products;
const FloatKernels float_products{0};
}  // namespace ondol::ISA
