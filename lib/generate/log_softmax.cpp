#include "generate/log_softmax.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/fail.hpp"

namespace ondol {

LogSoftmax::LogSoftmax(std::span<const float> logits, const ElementwiseKernels& kernels) : logits_(logits) {
  const float largest = kernels.maximum(logits.data(), logits.size());
  if (!std::isfinite(largest)) {
    fail(Status::numeric, fmt::format("the largest of {} logits is {}, expected a number", logits.size(), largest));
  }
  largest_ = double{largest};
  log_total_ = std::log(kernels.sum_exp(logits.data(), largest, logits.size()));
}

float LogSoftmax::operator()(std::size_t i) const noexcept {
  return static_cast<float>(double{logits_[i]} - largest_ - log_total_);
}

float LogSoftmax::entropy() const noexcept {
  double sum = 0;
  for (const float logit : logits_) {
    const double log_p = double{logit} - largest_ - log_total_;
    if (log_p > -100) sum -= std::exp(log_p) * log_p;  // below, the term is less than 1e-41
  }
  return static_cast<float>(sum);
}

}  // namespace ondol
