#include "blocks/mamba2.hpp"

#include <algorithm>
#include <cmath>

#include "blocks/scale.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/recurrence.hpp"

namespace ondol {

std::size_t Mamba2::Shape::state_size() const noexcept {
  return CausalConvolution::state_size(channels(), kernel) + width() * states;
}

std::size_t Mamba2::Shape::scratch() const noexcept { return 3 * width() + 2 * channels() + 2 * heads; }

namespace {

void scale_row(float* x, std::size_t n, double factor) {
  if (factor == 1) return;
  const auto f = static_cast<float>(factor);
  for (std::size_t i = 0; i < n; ++i) x[i] *= f;
}

}  // namespace

/// Leaves norm(y silu(z)) of one row in z.
void Mamba2::gate(float* y, float* z, const Kernels& kernels) const {
  const std::size_t n = shape.width() / shape.groups;
  const auto normalise = [&](float* row) {
    if (!shape.norm) return;
    for (std::size_t i = 0; i < shape.groups; ++i) norm.apply_row(row + i * n, row + i * n, kernels, n, i);
  };
  if (shape.norm_before_gate) normalise(y);
  kernels.elementwise->silu_multiply(z, y, shape.width());
  if (!shape.norm_before_gate) normalise(z);
}

void Mamba2::apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t width = shape.width();
  const std::size_t channels = shape.channels();
  const std::size_t heads = shape.heads;
  const std::size_t all = width + channels + heads;
  const std::size_t shared = shape.groups * shape.states;
  auto* projected = compute.arena.take<float>(rows * all);
  auto* mixed = compute.arena.take<float>(rows * channels);
  auto* steps = compute.arena.take<float>(rows * heads);
  auto* y = compute.arena.take<float>(rows * width);
  in.apply(x, projected, compute);
  compute.pool.parallel_ranges(rows, 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      float* at = projected + row * all;
      const std::size_t sizes[] = {width, width, shared, shared, heads};
      for (std::size_t part = 0; part < 5; at += sizes[part++]) scale_row(at, sizes[part], shape.input_scales[part]);
      at -= heads;
      float* dt = steps + row * heads;
      for (std::size_t head = 0; head < heads; ++head) dt[head] = at[head] + step_bias[head];
      compute.kernels.elementwise->activate(Activation::softplus, dt, heads);
      const auto least = static_cast<float>(shape.least_step);
      const auto largest = static_cast<float>(shape.largest_step);
      for (std::size_t head = 0; head < heads; ++head) dt[head] = std::min(std::max(dt[head], least), largest);
    }
  });
  convolution.apply(projected + width, all, spans, 0, Activation::silu, mixed, compute);

  const std::size_t past = CausalConvolution::state_size(channels, shape.kernel);
  const std::size_t dim = shape.head_dim;
  const std::size_t size = shape.states * dim;
  each_piece(spans, heads, 1, compute.pool, [&](const StateSpan& span, std::size_t head, std::size_t) {
    float* state = span.after + past + head * size;
    std::copy_n(span.before + past + head * size, size, state);
    const std::size_t group = head * shape.groups / heads;
    for (std::size_t row = span.first_row; row < span.first_row + span.rows; ++row) {
      const float dt = steps[row * heads + head];
      const float* own = mixed + row * channels + head * dim;
      const float* b = mixed + row * channels + width + group * shape.states;
      float* scaled = projected + row * all + width + head * dim;  // x before the convolution is needed no more
      float* to = y + row * width + head * dim;
      for (std::size_t i = 0; i < dim; ++i) scaled[i] = dt * own[i];
      compute.kernels.recurrence->update_state(state, shape.states, dim, std::exp(dt * a[head]), b, scaled, b + shared,
                                               to);
      for (std::size_t i = 0; i < dim; ++i) to[i] += d[head] * own[i];
    }
  });
  compute.pool.parallel_ranges(rows, 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) gate(y + row * width, projected + row * all, compute.kernels);
  });
  Activations gated(projected, rows, width, all);
  output.apply(gated, out, compute);
  scale(out, rows * output.outputs(), shape.output_scale, compute);
}

}  // namespace ondol
