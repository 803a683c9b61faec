#include "blocks/gated_delta.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.hpp"
#include "kernels/recurrence.hpp"

namespace ondol {

std::size_t GatedDelta::Shape::state_size() const noexcept {
  return CausalConvolution::state_size(channels(), kernel) + value_heads * key_dim * value_dim;
}

std::size_t GatedDelta::Shape::scratch() const noexcept { return 2 * channels() + 2 * values() + 2 * value_heads; }

void GatedDelta::apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t channels = shape.channels();
  const std::size_t keys = shape.keys();
  const std::size_t values = shape.values();
  const std::size_t key_dim = shape.key_dim;
  const std::size_t value_dim = shape.value_dim;
  const std::size_t group = shape.value_heads / shape.key_heads;
  const ElementwiseKernels& kernels = *compute.kernels.elementwise;
  auto* projected = compute.arena.take<float>(rows * channels);
  auto* mixed = compute.arena.take<float>(rows * channels);
  auto* gates = compute.arena.take<float>(rows * values);
  auto* y = compute.arena.take<float>(rows * values);
  auto* rate = compute.arena.take<float>(rows * 2 * shape.value_heads);
  in.apply(x, projected, compute);
  gate.apply(x, gates, compute);
  rates.apply(x, rate, compute);
  convolution.apply(projected, channels, spans, 0, Activation::silu, mixed, compute);

  // x / sqrt(sum(x^2) + eps) is an RMS norm with eps / n whose weights are 1 / sqrt(n).
  const auto root = static_cast<float>(1 / std::sqrt(static_cast<double>(key_dim)));
  const float eps = 1e-6f / static_cast<float>(key_dim);
  auto* of_keys = compute.arena.take<float>(key_dim);
  auto* of_queries = compute.arena.take<float>(key_dim);
  std::fill_n(of_keys, key_dim, root);
  std::fill_n(of_queries, key_dim, root * root);
  compute.pool.parallel_ranges(rows, 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      float* q = mixed + row * channels;
      for (std::size_t head = 0; head < shape.key_heads; ++head, q += key_dim) {
        kernels.rms_norm(q, of_queries, eps, key_dim, q);
        kernels.rms_norm(q + keys, of_keys, eps, key_dim, q + keys);
      }
    }
  });

  const std::size_t past = CausalConvolution::state_size(channels, shape.kernel);
  const std::size_t size = key_dim * value_dim;
  each_piece(spans, shape.value_heads, 1, compute.pool, [&](const StateSpan& span, std::size_t head, std::size_t) {
    float* state = span.after + past + head * size;
    std::copy_n(span.before + past + head * size, size, state);
    const std::size_t key_head = head / group;
    for (std::size_t row = span.first_row; row < span.first_row + span.rows; ++row) {
      const float* q = mixed + row * channels + key_head * key_dim;
      const float* k = q + keys;
      const float* v = mixed + row * channels + 2 * keys + head * value_dim;
      float* own = rate + row * 2 * shape.value_heads + key_head * 2 * group + head % group;
      const float strength = 1 / (1 + std::exp(-own[0]));
      float step = own[group] + step_bias[head];
      kernels.activate(Activation::softplus, &step, 1);
      const float decay = std::exp(step * a[head]);
      float* to = y + row * values + head * value_dim;
      float* change = projected + (v - mixed);  // where v was before the convolution
      compute.kernels.recurrence->read_state(state, key_dim, value_dim, k, change);
      for (std::size_t i = 0; i < value_dim; ++i) change[i] = strength * (v[i] - decay * change[i]);
      compute.kernels.recurrence->update_state(state, key_dim, value_dim, decay, k, change, q, to);
      norm.apply_row(to, to, compute.kernels, value_dim);
      kernels.silu_multiply(gates + row * values + head * value_dim, to, value_dim);
    }
  });
  Activations gated(gates, rows, values, values);
  output.apply(gated, out, compute);
}

}  // namespace ondol
