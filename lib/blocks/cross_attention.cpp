#include "blocks/cross_attention.hpp"

namespace ondol {

void CrossAttention::store(Activations& source, const KeyValueSpan& span, CacheType type, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = source.rows();
  const std::size_t width = shape.kv_heads * shape.head_dim;
  auto* k = compute.arena.take<float>(rows * width);
  auto* v = compute.arena.take<float>(rows * width);
  key.apply(source, k, compute);
  value.apply(source, v, compute);
  compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      store_row(shape, k + i * width, v + i * width, i, span, type, compute.kernels);
    }
  });
}

void CrossAttention::apply(Activations& x, std::span<const KeyValueSpan> spans, CacheType type, float* out,
                           Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t width = shape.heads * shape.head_dim;
  auto* q = compute.arena.take<float>(rows * width);
  auto* mixed = compute.arena.take<float>(rows * width);
  query.apply(x, q, compute);
  attend({.shape = shape, .queries = q, .rows = rows, .spans = spans, .bias = {}, .sinks = {}, .type = type}, mixed,
         compute);
  Activations attended(mixed, rows, width, width, Rounding::coarse);
  output.apply(attended, out, compute);
}

}  // namespace ondol
