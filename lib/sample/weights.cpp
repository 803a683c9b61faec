#include "ondol/sampler/weights.hpp"

#include "kernels/elementwise.hpp"
#include "kernels/kernels.hpp"

namespace ondol {
namespace {

const ElementwiseKernels& fastest() noexcept {
  static const ElementwiseKernels& found = *kernels(available_isas().back()).elementwise;
  return found;
}

}  // namespace

void weigh(std::span<const float> logits, float largest, float* weights) noexcept {
  for (std::size_t i = 0; i < logits.size(); ++i) weights[i] = logits[i] - largest;
  fastest().activate(Activation::exponential, weights, logits.size());
}

double sum_weights(std::span<const float> logits, float largest) noexcept {
  return fastest().sum_exp(logits.data(), largest, logits.size());
}

}  // namespace ondol
