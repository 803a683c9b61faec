#include "blocks/rg_lru.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.hpp"

namespace ondol {

std::size_t RgLru::Shape::state_size() const noexcept {
  return CausalConvolution::state_size(channels, kernel) + channels + 1;
}

std::size_t RgLru::Shape::scratch() const noexcept { return 5 * channels; }

void RgLru::apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t n = shape.channels;
  const std::size_t block = n / shape.blocks;
  const ElementwiseKernels& kernels = *compute.kernels.elementwise;
  auto* projected = compute.arena.take<float>(rows * n);
  auto* sides = compute.arena.take<float>(rows * n);
  auto* mixed = compute.arena.take<float>(rows * n);
  auto* inputs = compute.arena.take<float>(rows * n);
  auto* rates = compute.arena.take<float>(rows * n);
  in.apply(x, projected, compute);
  side.apply(x, sides, compute);
  convolution.apply(projected, n, spans, 0, Activation::identity, mixed, compute);
  for (std::size_t i = 0; i < shape.blocks; ++i) {
    Activations part(mixed + i * block, rows, block, n);
    const auto gate = [&](const Linear& of, float* to) {
      multiply(of.weight, part, of.bias.empty() ? nullptr : of.bias.data(), to + i * block, n, compute);
    };
    gate(input_gate[i], inputs);
    gate(recurrence_gate[i], rates);
  }

  const std::size_t past = CausalConvolution::state_size(n, shape.kernel);
  each_piece(spans, n, 256, compute.pool, [&](const StateSpan& span, std::size_t begin, std::size_t end) {
    const std::size_t count = end - begin;
    float* h = span.after + past + begin;
    std::copy_n(span.before + past + begin, count, h);
    bool first = span.before[past + n] == 0;
    if (begin == 0) span.after[past + n] = 1;
    for (std::size_t row = span.first_row; row < span.first_row + span.rows; ++row, first = false) {
      const std::size_t at = row * n + begin;
      kernels.activate(Activation::sigmoid, inputs + at, count);
      kernels.multiply(inputs + at, mixed + at, count);
      float* a = rates + at;
      kernels.activate(Activation::sigmoid, a, count);
      kernels.multiply(a, decay.data() + begin, count);
      kernels.activate(Activation::exponential, a, count);
      for (std::size_t i = 0; i < count; ++i) {
        const float keep = first ? 1.0f : std::sqrt(std::max(1 - a[i] * a[i], 0.0f));
        h[i] = a[i] * h[i] + keep * inputs[at + i];
      }
      kernels.activate(shape.activation, sides + at, count);
      kernels.multiply(sides + at, h, count);
    }
  });
  Activations gated(sides, rows, n, n);
  output.apply(gated, out, compute);
}

}  // namespace ondol
