#include "blocks/disentangled_attention.hpp"

#include <algorithm>

#include "blocks/distance.hpp"
#include "kernels/attention.hpp"

namespace ondol {

void DisentangledAttention::apply(Activations& x, const float* positions, std::span<const KeyValueSpan> spans,
                                  CacheType type, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const Attention::Shape& own = shape.attention;
  const std::size_t rows = x.rows();
  const std::size_t width = own.heads * own.head_dim;
  const auto project = [&](const Linear& linear, Activations& in) {
    auto* to = compute.arena.take<float>(in.rows() * width);
    linear.apply(in, to, compute);
    return to;
  };
  float* q = project(query, x);
  float* k = project(key, x);
  float* v = project(value, x);
  const std::size_t distances = 2 * shape.span;
  Activations relative(positions, distances, x.columns(), x.columns());
  const float* position_k = project(shape.shared_projections ? key : position_key, relative);
  const float* position_q = project(shape.shared_projections ? query : position_query, relative);
  auto* mixed = compute.arena.take<float>(rows * width);

  const auto last = static_cast<std::int64_t>(distances) - 1;
  const auto index = [&](std::int64_t bucket) {
    return static_cast<std::size_t>(std::clamp<std::int64_t>(bucket + static_cast<std::int64_t>(shape.span), 0, last));
  };
  // [heads][head_dim][distances]: the sums below then run along the distances.
  const auto turned = [&](const float* from) {
    auto* to = compute.arena.take<float>(width * distances);
    for (std::size_t p = 0; p < distances; ++p) {
      for (std::size_t d = 0; d < width; ++d) to[d * distances + p] = from[p * width + d];
    }
    return to;
  };
  const float* keys_of_positions = turned(position_k);
  const float* queries_of_positions = turned(position_q);
  const auto products = [&](const float* x_of_head, const float* matrix, float* sums) {
    std::fill_n(sums, distances, 0.0f);
    for (std::size_t d = 0; d < own.head_dim; ++d, matrix += distances) {
      for (std::size_t p = 0; p < distances; ++p) sums[p] += x_of_head[d] * matrix[p];
    }
  };
  for (const KeyValueSpan& span : spans) {
    const Arena::Scope sequence(compute.arena);
    const std::size_t n = span.rows;
    const std::size_t stride = span.blocks * cache_block;
    auto* bias = compute.arena.take<float>(own.heads * n * stride);
    auto* to_position = compute.arena.take<float>(own.heads * n * distances);    // of each row's query
    auto* from_position = compute.arena.take<float>(own.heads * n * distances);  // of each row's key
    compute.pool.parallel_ranges(n, 4, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t row = (span.first_row + i) * width;
        store_row(own, k + row, v + row, i, span, type, compute.kernels);
        for (std::size_t head = 0; head < own.heads; ++head) {
          const std::size_t at = head * own.head_dim;
          const std::size_t to = (head * n + i) * distances;
          products(q + row + at, keys_of_positions + at * distances, to_position + to);
          products(k + row + at, queries_of_positions + at * distances, from_position + to);
        }
      }
    });
    compute.pool.parallel_ranges(n, 4, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        for (std::size_t j = 0; j < stride; ++j) {
          const auto distance = static_cast<std::int64_t>(i) - static_cast<std::int64_t>(j);
          const std::int64_t bucket = signed_bucket(distance, shape.buckets, shape.max_distance);
          const std::size_t forward = index(bucket);
          for (std::size_t head = 0; head < own.heads; ++head) {
            float score = 0;
            if (j < n && shape.content_to_position) score += to_position[(head * n + i) * distances + forward];
            if (j < n && shape.position_to_content) score += from_position[(head * n + j) * distances + forward];
            bias[(head * n + i) * stride + j] = score * static_cast<float>(own.scale);
          }
        }
      }
    });
    const DistanceBias of_rows{bias - span.first_row * stride, n * stride, stride};
    attend({.shape = own, .queries = q, .rows = rows, .spans = {&span, 1}, .bias = of_rows, .sinks = {}, .type = type},
           mixed, compute);
  }
  Activations attended(mixed, rows, width, width, Rounding::coarse);
  output.apply(attended, out, compute);
}

}  // namespace ondol
