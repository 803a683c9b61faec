#include "blocks/attention.hpp"

#include <algorithm>
#include <vector>

#include "kernels/attention.hpp"

namespace ondol {
namespace {

// Query rows of a task: enough to share the reading of a block, few enough to keep their sums in the cache.
constexpr std::size_t task_rows = 48;

}  // namespace

void Attention::apply(Activations& x, const Rope& rope, const Rope::Angles& angles, std::span<const KeyValueSpan> spans,
                      CacheType type, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t width = heads * head_dim;
  const std::size_t kv_width = kv_heads * head_dim;
  auto* q = compute.arena.take<float>(rows * width);
  auto* k = compute.arena.take<float>(rows * kv_width);
  auto* v = compute.arena.take<float>(rows * kv_width);
  query.apply(x, q, compute);
  key.apply(x, k, compute);
  value.apply(x, v, compute);

  for (const KeyValueSpan& span : spans) {
    compute.pool.parallel_ranges(span.rows, 16, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t row = span.first_row + i;
        rope.rotate(q + row * width, heads, head_dim, angles, row, compute.kernels);
        rope.rotate(k + row * kv_width, kv_heads, head_dim, angles, row, compute.kernels);
        const std::size_t position = span.first_position + i;
        for (std::size_t head = 0; head < kv_heads; ++head) {
          const std::size_t block = head * span.blocks + position / cache_block;
          const std::size_t at = row * kv_width + head * head_dim;
          compute.kernels.attention->store(k + at, v + at, head_dim, position % cache_block, type, span.keys[block],
                                           span.values[block]);
        }
      }
    });
  }

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
  const std::size_t most = std::min(tile_rows, rows) * group;
  const std::size_t scratch_size = attention_scratch(std::min<std::size_t>(most, 64), head_dim);
  auto* scratch = compute.arena.take<float>(count * scratch_size);
  auto* mixed = compute.arena.take<float>(rows * width);
  compute.pool.parallel_for(count, [&](std::size_t i) {
    const Tile& tile = tiles[i];
    const float* queries[64];
    float* outs[64];
    std::uint32_t first[64];
    std::uint32_t end[64];
    std::size_t n = 0;
    const auto flush = [&] {
      const AttentionTask task{.queries = queries,
                               .out = outs,
                               .first = first,
                               .end = end,
                               .rows = n,
                               .keys = tile.span->keys + tile.head * tile.span->blocks,
                               .values = tile.span->values + tile.head * tile.span->blocks,
                               .head_dim = head_dim,
                               .scale = scale,
                               .type = type,
                               .scratch = scratch + i * scratch_size};
      compute.kernels.attention->attend(task);
      n = 0;
    };
    for (std::size_t r = tile.begin; r < tile.end; ++r) {
      const std::uint32_t position = tile.span->first_position + static_cast<std::uint32_t>(r);
      const std::size_t row = tile.span->first_row + r;
      for (std::size_t g = 0; g < group; ++g) {
        if (n == 64) flush();  // only with more than 64 query heads a kv head
        const std::size_t at = row * width + (tile.head * group + g) * head_dim;
        queries[n] = q + at;
        outs[n] = mixed + at;
        first[n] = window != 0 && position + 1 > window ? position + 1 - static_cast<std::uint32_t>(window) : 0;
        end[n] = position + 1;
        ++n;
      }
    }
    flush();
  });
  Activations attended(mixed, rows, width, width);
  output.apply(attended, out, compute);
}

}  // namespace ondol
