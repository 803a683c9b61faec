#include "kernels/attention.hpp"
namespace ondol::ISA {
extern const AttentionKernels attention;
const AttentionKernels attention{nullptr, nullptr};
}  // namespace ondol::ISA
