// Bodies of kernels/elementwise.hpp.
#include "kernels/elementwise.hpp"
#include "kernels/simd/curves.inl"
#include "kernels/simd/exp.inl"
#include "kernels/simd/some.inl"

namespace ondol::ISA {
namespace {

void rms_norm(const float* x, const float* weight, float eps, std::size_t n, float* y) noexcept {
  F32x16 squares = zero();
  for (std::size_t i = 0; i < n; i += 16) {
    const F32x16 a = load_some(x + i, n - i);
    squares = multiply_add(a, a, squares);
  }
  const F32x16 scale = broadcast(1.0f / __builtin_sqrtf(reduce_add(squares) / float(n) + eps));
  for (std::size_t i = 0; i < n; i += 16) {
    const F32x16 a = multiply(load_some(x + i, n - i), scale);
    store_some(y + i, multiply(a, load_some(weight + i, n - i)), n - i);
  }
}

void layer_norm(const float* x, const float* weight, const float* bias, float eps, std::size_t n, float* y) noexcept {
  F32x16 sum = zero();
  for (std::size_t i = 0; i < n; i += 16) sum = add(sum, load_some(x + i, n - i));
  const F32x16 mean = broadcast(reduce_add(sum) / float(n));
  F32x16 squares = zero();
  for (std::size_t i = 0; i < n; i += 16) {
    F32x16 a = subtract(load_some(x + i, n - i), mean);
    if (n - i < 16) a = keep_lanes(a, zero(), 0, int(n - i));
    squares = multiply_add(a, a, squares);
  }
  const F32x16 scale = broadcast(1.0f / __builtin_sqrtf(reduce_add(squares) / float(n) + eps));
  for (std::size_t i = 0; i < n; i += 16) {
    F32x16 a = multiply(subtract(load_some(x + i, n - i), mean), scale);
    if (weight != nullptr) a = multiply(a, load_some(weight + i, n - i));
    if (bias != nullptr) a = add(a, load_some(bias + i, n - i));
    store_some(y + i, a, n - i);
  }
}

void add_rows(float* x, const float* y, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; i += 16) {
    store_some(x + i, add(load_some(x + i, n - i), load_some(y + i, n - i)), n - i);
  }
}

void silu_multiply(float* gate, const float* up, std::size_t n) noexcept {
  const F32x16 one = broadcast(1.0f);
  for (std::size_t i = 0; i < n; i += 16) {
    const F32x16 g = load_some(gate + i, n - i);
    const F32x16 silu = divide(g, add(one, exponential(subtract(zero(), g))));
    store_some(gate + i, multiply(silu, load_some(up + i, n - i)), n - i);
  }
}

template <class F>
void each(float* x, std::size_t n, F f) {
  for (std::size_t i = 0; i < n; i += 16) store_some(x + i, f(load_some(x + i, n - i)), n - i);
}

void activate(Activation kind, float* x, std::size_t n) noexcept {
  const auto positive = [](F32x16 a) { return maximum(zero(), a); };
  switch (kind) {
    case Activation::identity: return;
    case Activation::silu: return each(x, n, [](F32x16 a) { return multiply(a, sigmoid(a)); });
    case Activation::gelu: return each(x, n, [](F32x16 a) { return gelu(a); });
    case Activation::gelu_tanh: return each(x, n, [](F32x16 a) { return gelu_tanh(a); });
    case Activation::quick_gelu:
      return each(x, n, [](F32x16 a) { return multiply(a, sigmoid(multiply(a, broadcast(1.702f)))); });
    case Activation::relu: return each(x, n, positive);
    case Activation::relu_squared: return each(x, n, [=](F32x16 a) { return multiply(positive(a), positive(a)); });
    case Activation::sigmoid: return each(x, n, [](F32x16 a) { return sigmoid(a); });
    case Activation::tanh: return each(x, n, [](F32x16 a) { return hyperbolic_tangent(a); });
    case Activation::exponential: return each(x, n, [](F32x16 a) { return exponential(a); });
    case Activation::softplus: return each(x, n, [](F32x16 a) { return softplus(a); });
  }
}

void multiply_rows(float* x, const float* y, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; i += 16) {
    store_some(x + i, multiply(load_some(x + i, n - i), load_some(y + i, n - i)), n - i);
  }
}

void rotate_neighbours(float* x, const float* __restrict cosine, const float* __restrict sine,
                       std::size_t pairs) noexcept {
  for (std::size_t i = 0; i < pairs; ++i) {
    const float a = x[2 * i];
    const float b = x[2 * i + 1];
    x[2 * i] = a * cosine[i] - b * sine[i];
    x[2 * i + 1] = a * sine[i] + b * cosine[i];
  }
}

void rotate_halves(float* x, const float* cosine, const float* sine, std::size_t pairs) noexcept {
  for (std::size_t i = 0; i < pairs; i += 16) {
    const std::size_t n = pairs - i;
    const F32x16 a = load_some(x + i, n);
    const F32x16 b = load_some(x + pairs + i, n);
    const F32x16 c = load_some(cosine + i, n);
    const F32x16 s = load_some(sine + i, n);
    store_some(x + i, subtract(multiply(a, c), multiply(b, s)), n);
    store_some(x + pairs + i, add(multiply(a, s), multiply(b, c)), n);
  }
}

float maximum_of(const float* x, std::size_t n) noexcept {
  const F32x16 lowest = broadcast(-__builtin_inff());
  F32x16 most = lowest;
  F32x16 nans = zero();
  for (std::size_t i = 0; i < n; i += 16) {
    F32x16 a = load_some(x + i, n - i);
    if (n - i < 16) a = keep_lanes(a, lowest, 0, int(n - i));
    most = maximum(most, a);
    nans = nan_or(a, nans);
  }
  const float nan = reduce_add(nans);  // zero or NaN
  return nan != nan ? __builtin_nanf("") : reduce_maximum(most);
}

double sum_exp(const float* x, float shift, std::size_t n) noexcept {
  const F32x16 down = broadcast(shift);
  double total = 0.0;
  for (std::size_t begin = 0; begin < n; begin += 256) {
    const std::size_t end = n - begin < 256 ? n : begin + 256;
    F32x16 sum = zero();
    for (std::size_t i = begin; i < end; i += 16) {
      F32x16 e = exponential(subtract(load_some(x + i, end - i), down));
      if (end - i < 16) e = keep_lanes(e, zero(), 0, int(end - i));
      sum = add(sum, e);
    }
    total += double(reduce_add(sum));
  }
  return total;
}

void to_half(const float* x, std::uint16_t* y, std::size_t n) noexcept {
  for (; n >= 16; n -= 16, x += 16, y += 16) store_half(y, load(x));
  for (; n > 0; --n) *y++ = float_to_half(*x++);
}
void to_bfloat(const float* x, std::uint16_t* y, std::size_t n) noexcept {
  for (; n >= 16; n -= 16, x += 16, y += 16) store_bfloat(y, load(x));
  for (; n > 0; --n) *y++ = float_to_bfloat(*x++);
}
void from_half(const std::uint16_t* x, float* y, std::size_t n) noexcept {
  for (; n >= 16; n -= 16, x += 16, y += 16) store(y, load_half(x));
  for (; n > 0; --n) *y++ = half_to_float(*x++);
}
void from_bfloat(const std::uint16_t* x, float* y, std::size_t n) noexcept {
  for (; n >= 16; n -= 16, x += 16, y += 16) store(y, load_bfloat(x));
  for (; n > 0; --n) *y++ = float_of(std::uint32_t(*x++) << 16);
}

}  // namespace

extern const ElementwiseKernels elementwise;
const ElementwiseKernels elementwise{.rms_norm = rms_norm,
                                     .layer_norm = layer_norm,
                                     .add = add_rows,
                                     .silu_multiply = silu_multiply,
                                     .activate = activate,
                                     .multiply = multiply_rows,
                                     .rotate_neighbours = rotate_neighbours,
                                     .rotate_halves = rotate_halves,
                                     .maximum = maximum_of,
                                     .sum_exp = sum_exp,
                                     .to_half = to_half,
                                     .from_half = from_half,
                                     .to_bfloat = to_bfloat,
                                     .from_bfloat = from_bfloat};

}  // namespace ondol::ISA
