#include "blocks/rwkv.hpp"

#include <algorithm>

#include "kernels/elementwise.hpp"
#include "kernels/recurrence.hpp"

namespace ondol {
namespace {

/// out(shifted x), where `shifted` is scratch of x's size; the row before lies first in the state.
void apply_shifted(const TokenShift& shift, const Linear& linear, const Activations& x,
                   std::span<const StateSpan> spans, float* shifted, float* out, Compute& compute) {
  const std::size_t n = x.columns();
  for (const StateSpan& span : spans) {
    compute.pool.parallel_ranges(span.rows, 16, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        const float* own = x.values() + (span.first_row + row) * x.stride();
        const float* before = row == 0 ? span.before : own - x.stride();
        float* to = shifted + (span.first_row + row) * n;
        for (std::size_t i = 0; i < n; ++i) to[i] = shift.share[i] * own[i] + (1 - shift.share[i]) * before[i];
      }
    });
  }
  Activations input(shifted, x.rows(), n, n);
  linear.apply(input, out, compute);
}

void keep_last_rows(const Activations& x, std::span<const StateSpan> spans) {
  for (const StateSpan& span : spans) {
    std::copy_n(x.values() + (span.first_row + span.rows - 1) * x.stride(), x.columns(), span.after);
  }
}

}  // namespace

std::size_t RwkvTimeMix::Shape::state_size() const noexcept { return hidden + 3 * channels; }
std::size_t RwkvTimeMix::Shape::scratch() const noexcept { return hidden + 3 * channels; }

void RwkvTimeMix::apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t n = shape.channels;
  auto* shifted = compute.arena.take<float>(rows * shape.hidden);
  auto* k = compute.arena.take<float>(rows * n);
  auto* v = compute.arena.take<float>(rows * n);
  auto* r = compute.arena.take<float>(rows * n);
  apply_shifted(key_shift, key, x, spans, shifted, k, compute);
  apply_shifted(value_shift, value, x, spans, shifted, v, compute);
  apply_shifted(receptance_shift, receptance, x, spans, shifted, r, compute);
  keep_last_rows(x, spans);

  each_piece(spans, n, 256, compute.pool, [&](const StateSpan& span, std::size_t begin, std::size_t end) {
    const std::size_t count = end - begin;
    const auto part = [&](std::size_t i) {
      float* at = span.after + shape.hidden + i * n + begin;
      std::copy_n(span.before + shape.hidden + i * n + begin, count, at);
      return at;
    };
    float* values = part(0);
    float* weights = part(1);
    float* largest = part(2);
    for (std::size_t i = 0; i < count; ++i) {
      if (weights[i] == 0) largest[i] = -1e38f;  // the beginning: later a weight is 1 at least
    }
    for (std::size_t row = span.first_row; row < span.first_row + span.rows; ++row) {
      const std::size_t at = row * n + begin;
      compute.kernels.recurrence->weighted_mean(k + at, v + at, first.data() + begin, decay.data() + begin, values,
                                                weights, largest, count, v + at);
      compute.kernels.elementwise->activate(Activation::sigmoid, r + at, count);
      compute.kernels.elementwise->multiply(r + at, v + at, count);
    }
  });
  Activations gated(r, rows, n, n);
  output.apply(gated, out, compute);
}

std::size_t RwkvChannelMix::Shape::state_size() const noexcept { return hidden; }
std::size_t RwkvChannelMix::Shape::scratch() const noexcept { return 2 * hidden + intermediate_size; }

void RwkvChannelMix::apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t n = shape.intermediate_size;
  auto* shifted = compute.arena.take<float>(rows * shape.hidden);
  auto* r = compute.arena.take<float>(rows * shape.hidden);
  auto* k = compute.arena.take<float>(rows * n);
  apply_shifted(receptance_shift, receptance, x, spans, shifted, r, compute);
  apply_shifted(key_shift, key, x, spans, shifted, k, compute);
  keep_last_rows(x, spans);
  compute.pool.parallel_ranges(rows, 4, [&](std::size_t begin, std::size_t end) {
    compute.kernels.elementwise->activate(Activation::relu_squared, k + begin * n, (end - begin) * n);
  });
  Activations middle(k, rows, n, n);
  value.apply(middle, out, compute);
  compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
    const std::size_t count = (end - begin) * shape.hidden;
    compute.kernels.elementwise->activate(Activation::sigmoid, r + begin * shape.hidden, count);
    compute.kernels.elementwise->multiply(out + begin * shape.hidden, r + begin * shape.hidden, count);
  });
}

}  // namespace ondol
