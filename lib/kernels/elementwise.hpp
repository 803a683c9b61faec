#pragma once

#include <cstddef>
#include <cstdint>

namespace ondol {

/// Pointwise functions between the two products of a feed-forward block.
enum class Activation : std::uint8_t {
  identity,
  silu,        ///< x sigmoid(x)
  gelu,        ///< x Phi(x), by erf
  gelu_tanh,   ///< its approximation by tanh ("gelu_new", "gelu_pytorch_tanh")
  quick_gelu,  ///< x sigmoid(1.702 x)
  relu,
  relu_squared,  ///< max(x, 0)^2
  sigmoid,
  tanh,
  exponential,
  softplus  ///< log(1 + exp(x))
};

/// Row-wise float32 operations. Each result is a function of its own row only, equal bit for bit on every ISA.
/// Pointers need no alignment; input and output may be the same.
struct ElementwiseKernels {
  /// y[i] = x[i] / sqrt(mean(x^2) + eps) * weight[i]. Zhang & Sennrich 2019.
  void (*rms_norm)(const float* x, const float* weight, float eps, std::size_t n, float* y) noexcept;
  /// y[i] = (x[i] - mean(x)) / sqrt(variance(x) + eps) * weight[i] + bias[i]; weight and bias may be null. Ba et al.
  /// 2016.
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, std::size_t n,
                     float* y) noexcept;
  /// x[i] += y[i].
  void (*add)(float* x, const float* y, std::size_t n) noexcept;
  /// gate[i] = silu(gate[i]) * up[i], silu(x) = x / (1 + exp(-x)). Shazeer 2020 (SwiGLU).
  void (*silu_multiply)(float* gate, const float* up, std::size_t n) noexcept;
  /// x[i] = f(x[i]).
  void (*activate)(Activation f, float* x, std::size_t n) noexcept;
  /// x[i] *= y[i].
  void (*multiply)(float* x, const float* y, std::size_t n) noexcept;
  /// Rotates the pairs (x[2i], x[2i + 1]) by the angle whose cosine and sine are given; `pairs` of them. Su et al.
  /// 2021.
  void (*rotate_neighbours)(float* x, const float* cosine, const float* sine, std::size_t pairs) noexcept;
  /// The same for the pairs (x[i], x[i + pairs]).
  void (*rotate_halves)(float* x, const float* cosine, const float* sine, std::size_t pairs) noexcept;
  /// Largest value; -inf for n = 0. NaN anywhere gives NaN.
  float (*maximum)(const float* x, std::size_t n) noexcept;
  /// sum of exp(x[i] - shift) in a fixed order.
  double (*sum_exp)(const float* x, float shift, std::size_t n) noexcept;
  /// Conversions, round to nearest even.
  void (*to_half)(const float* x, std::uint16_t* y, std::size_t n) noexcept;
  void (*from_half)(const std::uint16_t* x, float* y, std::size_t n) noexcept;
  void (*to_bfloat)(const float* x, std::uint16_t* y, std::size_t n) noexcept;
  void (*from_bfloat)(const std::uint16_t* x, float* y, std::size_t n) noexcept;
};

}  // namespace ondol
