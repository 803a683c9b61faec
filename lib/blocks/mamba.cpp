#include "blocks/mamba.hpp"

#include <algorithm>

#include "kernels/elementwise.hpp"
#include "kernels/recurrence.hpp"

namespace ondol {

std::size_t Mamba::Shape::state_size() const noexcept {
  return CausalConvolution::state_size(channels, kernel) + states * channels;
}

std::size_t Mamba::Shape::scratch() const noexcept { return 5 * channels + rank + 2 * states; }

void Mamba::apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t n = shape.channels;
  const std::size_t width = shape.rank + 2 * shape.states;
  const ElementwiseKernels& kernels = *compute.kernels.elementwise;
  auto* projected = compute.arena.take<float>(rows * 2 * n);
  in.apply(x, projected, compute);
  auto* mixed = compute.arena.take<float>(rows * n);
  convolution.apply(projected, 2 * n, spans, 0, Activation::silu, mixed, compute);

  auto* selected = compute.arena.take<float>(rows * width);  // dt, B, C
  Activations inputs(mixed, rows, n, n);
  parameters.apply(inputs, selected, compute);
  if (shape.norms) {
    for (std::size_t row = 0; row < rows; ++row) {
      float* at = selected + row * width;
      step_norm.apply_row(at, at, compute.kernels, shape.rank);
      at += shape.rank;
      b_norm.apply_row(at, at, compute.kernels, shape.states);
      at += shape.states;
      c_norm.apply_row(at, at, compute.kernels, shape.states);
    }
  }
  auto* dt = compute.arena.take<float>(rows * n);
  Activations low(selected, rows, shape.rank, width);
  step.apply(low, dt, compute);

  auto* y = compute.arena.take<float>(rows * n);
  const std::size_t past = CausalConvolution::state_size(n, shape.kernel);
  each_piece(spans, n, 64, compute.pool, [&](const StateSpan& span, std::size_t begin, std::size_t end) {
    const std::size_t count = end - begin;
    const float* before = span.before + past + begin;
    float* state = span.after + past + begin;
    for (std::size_t s = 0; s < shape.states; ++s) std::copy_n(before + s * n, count, state + s * n);
    for (std::size_t row = span.first_row; row < span.first_row + span.rows; ++row) {
      kernels.activate(Activation::softplus, dt + row * n + begin, count);
    }
    const float* b = selected + span.first_row * width + shape.rank;
    const std::size_t first = span.first_row * n + begin;
    compute.kernels.recurrence->selective_scan({.rows = span.rows,
                                                .channels = count,
                                                .states = shape.states,
                                                .stride = n,
                                                .x = mixed + first,
                                                .dt = dt + first,
                                                .b = b,
                                                .c = b + shape.states,
                                                .matrix_stride = width,
                                                .a = a.data() + begin,
                                                .d = d.data() + begin,
                                                .state = state,
                                                .y = y + first});
    for (std::size_t row = span.first_row; row < span.first_row + span.rows; ++row) {
      kernels.silu_multiply(projected + row * 2 * n + n + begin, y + row * n + begin, count);
    }
  });
  Activations gated(projected + n, rows, n, 2 * n);
  output.apply(gated, out, compute);
}

}  // namespace ondol
