#include "blocks/attention.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "blocks/scale.hpp"
#include "kernels/attention.hpp"
#include "kernels/elementwise.hpp"

namespace ondol {
namespace {

// Query rows of a task: enough to share the reading of a block, few enough to keep their sums in the cache.
constexpr std::size_t task_rows = 48;

void clip(float* x, std::size_t n, float most) {
  for (std::size_t i = 0; i < n; ++i) x[i] = std::clamp(x[i], -most, most);
}

}  // namespace

std::vector<float> alibi_slopes(std::size_t heads, double largest_exponent) {
  const std::size_t whole = std::bit_ceil(heads);
  std::vector<float> slopes;
  const auto add = [&](std::size_t first) {
    for (std::size_t i = first; i <= whole && slopes.size() < heads; i += whole == heads ? 1 : 2) {
      slopes.push_back(static_cast<float>(std::exp2(-largest_exponent * double(i) / double(whole))));
    }
  };
  if (whole != heads) add(2);
  add(1);
  return slopes;
}

/// Norm, clipping and rotation of the heads of one row.
void Attention::prepare(float* x, std::size_t heads_of_x, const Norm& norm, const Pass& pass, std::size_t row,
                        const Kernels& kernels) const {
  const std::size_t dim = shape.head_dim;
  const auto normalise = [&] {
    switch (shape.query_key_norm) {
      case QueryKeyNorm::none: return;
      case QueryKeyNorm::whole: return norm.apply_row(x, x, kernels, heads_of_x * dim);
      case QueryKeyNorm::head:
      case QueryKeyNorm::plain:
      case QueryKeyNorm::each_head:
        for (std::size_t head = 0; head < heads_of_x; ++head) {
          const std::size_t index = shape.query_key_norm == QueryKeyNorm::each_head ? head : 0;
          norm.apply_row(x + head * dim, x + head * dim, kernels, dim, index);
        }
    }
  };
  if (!shape.norm_after_rope) normalise();
  if (shape.clip > 0) clip(x, heads_of_x * dim, static_cast<float>(shape.clip));
  if (pass.rope) pass.rope->rotate(x, heads_of_x, dim, pass.angles, row, kernels);
  if (shape.norm_after_rope) normalise();
}

void Attention::apply(Activations& x, const Pass& pass, std::span<const KeyValueSpan> spans, float* out,
                      Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t heads = shape.heads;
  const std::size_t kv_heads = shape.kv_heads;
  const std::size_t head_dim = shape.head_dim;
  const CacheType type = pass.type;
  const std::size_t width = heads * head_dim;
  const std::size_t kv_width = kv_heads * head_dim;
  auto* q = compute.arena.take<float>(rows * width);
  auto* k = compute.arena.take<float>(rows * kv_width);
  auto* v = compute.arena.take<float>(rows * kv_width);
  float* gates = nullptr;
  if (shape.gated) {
    gates = compute.arena.take<float>(rows * width);
    auto* both = compute.arena.take<float>(rows * 2 * width);
    query.apply(x, both, compute);
    compute.pool.parallel_ranges(rows * heads, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        std::copy_n(both + 2 * i * head_dim, head_dim, q + i * head_dim);
        std::copy_n(both + (2 * i + 1) * head_dim, head_dim, gates + i * head_dim);
      }
    });
  } else {
    query.apply(x, q, compute);
  }
  key.apply(x, k, compute);
  value.apply(x, v, compute);
  scale(k, rows * kv_width, shape.key_scale, compute);

  for (const KeyValueSpan& span : spans) {
    compute.pool.parallel_ranges(span.rows, 16, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t row = span.first_row + i;
        const std::size_t position = span.first_position + i;
        if (shape.clip > 0) clip(v + row * kv_width, kv_width, static_cast<float>(shape.clip));
        prepare(q + row * width, heads, query_norm, pass, row, compute.kernels);
        prepare(k + row * kv_width, kv_heads, key_norm, pass, row, compute.kernels);
        if (shape.temperature_step > 0) {
          const double steps = std::floor((double(position) + 1) / shape.temperature_step);
          const auto factor = static_cast<float>(1 + shape.temperature_scale * std::log1p(steps));
          for (std::size_t d = 0; d < width; ++d) q[row * width + d] *= factor;
        }
        store_row(shape, k + row * kv_width, v + row * kv_width, position, span, type, compute.kernels);
      }
    });
  }
  auto* mixed = compute.arena.take<float>(rows * width);
  attend({shape, q, rows, spans, pass.bias, sinks, type}, mixed, compute);
  if (gates) {
    compute.pool.parallel_ranges(rows, 4, [&](std::size_t begin, std::size_t end) {
      const std::size_t n = (end - begin) * width;
      compute.kernels.elementwise->activate(Activation::sigmoid, gates + begin * width, n);
      compute.kernels.elementwise->multiply(mixed + begin * width, gates + begin * width, n);
    });
  }
  Activations attended(mixed, rows, width, width, Rounding::coarse);
  output.apply(attended, out, compute);
  scale(out, rows * output.outputs(), shape.output_scale, compute);
}

void store_row(const Attention::Shape& shape, const float* key, const float* value, std::size_t position,
               const KeyValueSpan& span, CacheType type, const Kernels& kernels) {
  const std::size_t dim = shape.head_dim;
  for (std::size_t head = 0; head < shape.kv_heads; ++head) {
    const std::size_t block = head * span.blocks + position / cache_block;
    kernels.attention->store(key + head * dim, value + head * dim, dim, dim, position % cache_block, type,
                             span.keys[block], span.values[block]);
  }
}

void attend(const AttendTask& task, float* mixed, Compute& compute) {
  const Arena::Scope scope(compute.arena);
  const Attention::Shape& shape = task.shape;
  const std::size_t heads = shape.heads;
  const std::size_t kv_heads = shape.kv_heads;
  const std::size_t head_dim = shape.head_dim;
  const std::size_t width = heads * head_dim;
  const std::span<const KeyValueSpan> spans = task.spans;
  // A task: one kv head, some rows of one sequence, all query heads that share the kv head.
  struct Tile {
    const KeyValueSpan* span;
    std::size_t begin;
    std::size_t end;
    std::size_t head;
  };
  const std::size_t group = heads / kv_heads;
  const std::size_t tile_rows = std::max<std::size_t>(task_rows / group, 1);
  std::size_t count = 0;
  for (const KeyValueSpan& span : spans) count += (span.rows + tile_rows - 1) / tile_rows * kv_heads;
  auto* tiles = compute.arena.take<Tile>(count);
  std::size_t made = 0;
  for (const KeyValueSpan& span : spans) {
    // Late rows first: they see the most positions, and the short tasks fill the gaps at the end.
    for (std::size_t end = span.rows; end > 0;) {
      const std::size_t begin = (end - 1) / tile_rows * tile_rows;
      for (std::size_t head = 0; head < kv_heads; ++head) tiles[made++] = {&span, begin, end, head};
      end = begin;
    }
  }
  const std::size_t most = std::min(tile_rows, task.rows) * group;
  const std::size_t scratch_size = attention_scratch(std::min<std::size_t>(most, 64), head_dim, head_dim);
  auto* scratch = compute.arena.take<float>(count * scratch_size);
  compute.pool.parallel_for(count, [&](std::size_t i) {
    const Tile& tile = tiles[i];
    const float* queries[64];
    float* outs[64];
    const float* biases[64];
    float sink[64];
    std::uint32_t first[64];
    std::uint32_t end[64];
    std::size_t n = 0;
    const auto seen = static_cast<std::uint32_t>(tile.span->seen);
    // Positions before the row's own that it sees; in both directions the window lies around it.
    const auto window = static_cast<std::uint32_t>(seen ? (shape.window + 1) / 2 : shape.window);
    const auto first_seen = [&](std::uint32_t position) -> std::uint32_t {
      if (shape.chunk != 0) return position - position % static_cast<std::uint32_t>(shape.chunk);
      return window != 0 && position + 1 > window ? position + 1 - window : 0;
    };
    const auto end_seen = [&](std::uint32_t position) -> std::uint32_t {
      if (seen == 0) return position + 1;
      return window != 0 ? std::min(position + window, seen) : seen;
    };
    const auto flush = [&] {
      const AttentionTask rows{.queries = queries,
                               .out = outs,
                               .first = first,
                               .end = end,
                               .rows = n,
                               .keys = tile.span->keys + tile.head * tile.span->blocks,
                               .values = tile.span->values + tile.head * tile.span->blocks,
                               .key_dim = head_dim,
                               .value_dim = head_dim,
                               .scale = static_cast<float>(shape.scale),
                               .softcap = static_cast<float>(shape.softcap),
                               .type = task.type,
                               .scratch = scratch + i * scratch_size,
                               .bias = task.bias.at ? biases : nullptr,
                               .sinks = task.sinks.empty() ? nullptr : sink};
      compute.kernels.attention->attend(rows);
      n = 0;
    };
    for (std::size_t r = tile.begin; r < tile.end; ++r) {
      const std::uint32_t position = tile.span->first_position + static_cast<std::uint32_t>(r);
      const std::size_t row = tile.span->first_row + r;
      for (std::size_t g = 0; g < group; ++g) {
        if (n == 64) flush();  // only with more than 64 query heads a kv head
        const std::size_t head = tile.head * group + g;
        const std::size_t at = row * width + head * head_dim;
        queries[n] = task.queries + at;
        outs[n] = mixed + at;
        if (task.bias.at) {
          const float* own = task.bias.at + head * task.bias.stride;
          biases[n] = task.bias.row_stride != 0 ? own + row * task.bias.row_stride : own - position;
        }
        if (!task.sinks.empty()) sink[n] = task.sinks[head];
        first[n] = first_seen(position);
        end[n] = end_seen(position);
        ++n;
      }
    }
    flush();
  });
}

}  // namespace ondol
