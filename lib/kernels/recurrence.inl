// Bodies of kernels/recurrence.hpp.
#include "kernels/recurrence.hpp"
#include "kernels/simd/exp.inl"
#include "kernels/simd/some.inl"

namespace ondol::ISA {
namespace {

void convolve(const float* const* inputs, std::size_t kernel, const float* weight, std::size_t stride,
              const float* bias, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; i += 16) {
    F32x16 sum = bias != nullptr ? load_some(bias + i, n - i) : zero();
    for (std::size_t j = 0; j < kernel; ++j) {
      sum = multiply_add(load_some(weight + j * stride + i, n - i), load_some(inputs[j] + i, n - i), sum);
    }
    store_some(out + i, sum, n - i);
  }
}

void selective_scan(const SelectiveScan& scan) noexcept {
  for (std::size_t i = 0; i < scan.channels; i += 16) {
    const std::size_t n = scan.channels - i;
    const F32x16 d = load_some(scan.d + i, n);
    for (std::size_t row = 0; row < scan.rows; ++row) {
      const F32x16 dt = load_some(scan.dt + row * scan.stride + i, n);
      const F32x16 x = load_some(scan.x + row * scan.stride + i, n);
      const F32x16 input = multiply(dt, x);
      const float* b = scan.b + row * scan.matrix_stride;
      const float* c = scan.c + row * scan.matrix_stride;
      F32x16 y = multiply(d, x);
      for (std::size_t s = 0; s < scan.states; ++s) {
        float* state = scan.state + s * scan.stride + i;
        const F32x16 decay = exponential(multiply(dt, load_some(scan.a + s * scan.stride + i, n)));
        const F32x16 h = multiply_add(decay, load_some(state, n), multiply(input, broadcast(b[s])));
        store_some(state, h, n);
        y = multiply_add(h, broadcast(c[s]), y);
      }
      store_some(scan.y + row * scan.stride + i, y, n);
    }
  }
}

void update_state(float* state, std::size_t rows, std::size_t columns, float decay, const float* key,
                  const float* value, const float* query, float* out) noexcept {
  const F32x16 fade = broadcast(decay);
  for (std::size_t i = 0; i < columns; i += 16) {
    const std::size_t n = columns - i;
    const F32x16 v = load_some(value + i, n);
    F32x16 sum = zero();
    for (std::size_t s = 0; s < rows; ++s) {
      float* at = state + s * columns + i;
      const F32x16 h = multiply_add(fade, load_some(at, n), multiply(broadcast(key[s]), v));
      store_some(at, h, n);
      sum = multiply_add(broadcast(query[s]), h, sum);
    }
    store_some(out + i, sum, n);
  }
}

void read_state(const float* state, std::size_t rows, std::size_t columns, const float* key, float* out) noexcept {
  for (std::size_t i = 0; i < columns; i += 16) {
    F32x16 sum = zero();
    for (std::size_t s = 0; s < rows; ++s) {
      sum = multiply_add(broadcast(key[s]), load_some(state + s * columns + i, columns - i), sum);
    }
    store_some(out + i, sum, columns - i);
  }
}

void weighted_mean(const float* k, const float* v, const float* first, const float* decay, float* values,
                   float* weights, float* largest, std::size_t n, float* out) noexcept {
  for (std::size_t i = 0; i < n; i += 16) {
    const std::size_t rest = n - i;
    const F32x16 key = load_some(k + i, rest);
    const F32x16 value = load_some(v + i, rest);
    const F32x16 sum = load_some(values + i, rest);
    const F32x16 weight = load_some(weights + i, rest);
    const F32x16 most = load_some(largest + i, rest);

    const F32x16 own = add(key, load_some(first + i, rest));
    const F32x16 top = maximum(most, own);
    const F32x16 past = exponential(subtract(most, top));
    const F32x16 now = exponential(subtract(own, top));
    const F32x16 mean = divide(multiply_add(past, sum, multiply(now, value)), multiply_add(past, weight, now));
    store_some(out + i, mean, rest);

    const F32x16 faded = add(most, load_some(decay + i, rest));
    const F32x16 next = maximum(faded, key);
    const F32x16 keep = exponential(subtract(faded, next));
    const F32x16 take = exponential(subtract(key, next));
    store_some(values + i, multiply_add(keep, sum, multiply(take, value)), rest);
    store_some(weights + i, multiply_add(keep, weight, take), rest);
    store_some(largest + i, next, rest);
  }
}

}  // namespace

extern const RecurrenceKernels recurrence;
const RecurrenceKernels recurrence{.convolve = convolve,
                                   .selective_scan = selective_scan,
                                   .update_state = update_state,
                                   .read_state = read_state,
                                   .weighted_mean = weighted_mean};

}  // namespace ondol::ISA
