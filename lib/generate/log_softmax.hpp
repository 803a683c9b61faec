#pragma once

#include <span>

#include "kernels/elementwise.hpp"

namespace ondol {

/// log softmax of one row of logits: log p_i = x_i - max - log(sum of exp(x - max)); exponentials in float32, their sum
/// in double in a fixed order.
class LogSoftmax {
 public:
  /// `logits` must live as long. @throws Error numeric: NaN, +inf, or nothing but -inf.
  LogSoftmax(std::span<const float> logits, const ElementwiseKernels& kernels);

  [[nodiscard]] float operator()(std::size_t i) const noexcept;
  /// -sum of p log p, in nats.
  [[nodiscard]] float entropy() const noexcept;

 private:
  std::span<const float> logits_;
  double largest_;
  double log_total_;  ///< of exp(x - largest)
};

}  // namespace ondol
