#pragma once
// The bent functions of activations, from exp alone: a few units in the last place off in absolute terms.
#include "kernels/simd/exp.inl"

namespace ondol::ISA {
namespace {

inline F32x16 sigmoid(F32x16 x) {
  const F32x16 one = broadcast(1.0f);
  return divide(one, add(one, exponential(subtract(zero(), x))));
}

inline F32x16 hyperbolic_tangent(F32x16 x) {  // 1 - 2 / (exp(2x) + 1)
  const F32x16 one = broadcast(1.0f);
  return subtract(one, divide(broadcast(2.0f), add(exponential(add(x, x)), one)));
}

/// log(1 + exp(x)) = max(x, 0) + log(1 + e), e = exp(-|x|), and log(1 + e) = 2 artanh(e / (2 + e)) by its series.
inline F32x16 softplus(F32x16 x) {
  const F32x16 e = exponential(subtract(zero(), absolute(x)));
  const F32x16 s = divide(e, add(e, broadcast(2.0f)));  // up to 1/3
  const F32x16 square = multiply(s, s);
  F32x16 p = broadcast(2.0f / 15);
  p = multiply_add(p, square, broadcast(2.0f / 13));
  p = multiply_add(p, square, broadcast(2.0f / 11));
  p = multiply_add(p, square, broadcast(2.0f / 9));
  p = multiply_add(p, square, broadcast(2.0f / 7));
  p = multiply_add(p, square, broadcast(2.0f / 5));
  p = multiply_add(p, square, broadcast(2.0f / 3));
  p = multiply_add(p, square, broadcast(2.0f));
  return multiply_add(p, s, maximum(zero(), x));
}

/// 1 - erf(|x|): the Chebyshev fit of Numerical Recipes (erfcc), 1.2e-7 off in relative terms.
inline F32x16 error_complement(F32x16 size) {
  const F32x16 one = broadcast(1.0f);
  const F32x16 t = divide(one, multiply_add(broadcast(0.5f), size, one));
  F32x16 p = broadcast(0.17087277f);
  p = multiply_add(p, t, broadcast(-0.82215223f));
  p = multiply_add(p, t, broadcast(1.48851587f));
  p = multiply_add(p, t, broadcast(-1.13520398f));
  p = multiply_add(p, t, broadcast(0.27886807f));
  p = multiply_add(p, t, broadcast(-0.18628806f));
  p = multiply_add(p, t, broadcast(0.09678418f));
  p = multiply_add(p, t, broadcast(0.37409196f));
  p = multiply_add(p, t, broadcast(1.00002368f));
  p = multiply_add(p, t, broadcast(-1.26551223f));
  return multiply(t, exponential(subtract(p, multiply(size, size))));
}

/// x Phi(x), by the smaller tail so that large negative x keep their relative precision.
inline F32x16 gelu(F32x16 x) {
  const F32x16 tail = multiply(broadcast(0.5f), error_complement(multiply(absolute(x), broadcast(0.70710678f))));
  // Phi(x) = tail for x < 0, 1 - tail else: x Phi(x) = max(x, 0) - |x| tail.
  return subtract(maximum(zero(), x), multiply(absolute(x), tail));
}

inline F32x16 gelu_tanh(F32x16 x) {  // x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)
  const F32x16 u = multiply(multiply(x, broadcast(1.5957691216f)),
                            multiply_add(multiply(x, x), broadcast(0.044715f), broadcast(1.0f)));
  return multiply(x, sigmoid(u));
}

}  // namespace
}  // namespace ondol::ISA
