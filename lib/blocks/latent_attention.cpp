#include "blocks/latent_attention.hpp"

#include <algorithm>
#include <new>

#include "kernels/attention.hpp"

namespace ondol {
namespace {

/// Queries of a tile at most: a block is turned into values once for all of them.
constexpr std::size_t task_queries = 48;
/// Tasks, each with scratch memory of its own, for not too many threads.
constexpr std::size_t most_tasks = 64;

}  // namespace

/// [rows][heads][latent_dim + rope_dim]: into the latent's space, and rotated.
void LatentAttention::make_queries(Activations& x, const Attention::Pass& pass, float* queries,
                                   Compute& compute) const {
  const std::size_t rows = x.rows();
  const std::size_t heads = shape.heads;
  const std::size_t head_dim = shape.plain_dim + shape.rope_dim;
  const std::size_t key_dim = shape.latent_dim + shape.rope_dim;
  auto* raw = compute.arena.take<float>(rows * heads * head_dim);
  if (shape.query_rank > 0) {
    auto* low = compute.arena.take<float>(rows * shape.query_rank);
    query_down.apply(x, low, compute);
    query_norm.apply(low, rows, low, compute);
    Activations narrow(low, rows, shape.query_rank, shape.query_rank);
    query.apply(narrow, raw, compute);
  } else {
    query.apply(x, raw, compute);
  }
  auto* plain = compute.arena.take<Activations>(heads);
  auto* products = compute.arena.take<MatrixProduct>(heads);
  for (std::size_t h = 0; h < heads; ++h) {
    new (plain + h) Activations(raw + h * head_dim, rows, shape.plain_dim, heads * head_dim);
    products[h] = {&key_up[h].weight, plain + h, nullptr, queries + h * key_dim, heads * key_dim};
  }
  multiply({products, heads}, compute);
  compute.pool.parallel_ranges(rows, 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      float* to = queries + row * heads * key_dim + shape.latent_dim;
      for (std::size_t h = 0; h < heads; ++h) {
        std::copy_n(raw + (row * heads + h) * head_dim + shape.plain_dim, shape.rope_dim, to + h * key_dim);
      }
      if (pass.rope) pass.rope->rotate(to, heads, key_dim, pass.angles, row, compute.kernels);
    }
  });
}

void LatentAttention::store_latents(Activations& x, const Attention::Pass& pass, std::span<const KeyValueSpan> spans,
                                    Compute& compute) const {
  const std::size_t key_dim = shape.latent_dim + shape.rope_dim;
  auto* keys = compute.arena.take<float>(x.rows() * key_dim);
  latent.apply(x, keys, compute);
  for (const KeyValueSpan& span : spans) {
    compute.pool.parallel_ranges(span.rows, 16, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t row = span.first_row + i;
        const std::size_t position = span.first_position + i;
        float* key = keys + row * key_dim;
        latent_norm.apply_row(key, key, compute.kernels, shape.latent_dim);
        if (pass.rope) pass.rope->rotate(key + shape.latent_dim, 1, key_dim, pass.angles, row, compute.kernels);
        compute.kernels.attention->store(key, nullptr, key_dim, 0, position % cache_block, pass.type,
                                         span.keys[position / cache_block], nullptr);
      }
    });
  }
}

/// mixed: [rows][heads][latent_dim].
void LatentAttention::attend(const float* queries, CacheType type, std::span<const KeyValueSpan> spans, float* mixed,
                             Compute& compute) const {
  // A tile: neighbouring queries of one sequence, counted through rows and heads.
  struct Tile {
    const KeyValueSpan* span;
    std::size_t begin;
    std::size_t end;
  };
  const std::size_t heads = shape.heads;
  const std::size_t key_dim = shape.latent_dim + shape.rope_dim;
  std::size_t all = 0;
  for (const KeyValueSpan& span : spans) all += span.rows * heads;
  const auto threads = static_cast<std::size_t>(compute.pool.threads());
  // As many tiles as keep all threads busy to the end.
  const std::size_t wanted = ((all + task_queries - 1) / task_queries + threads - 1) / threads * threads;
  const std::size_t size = (all + wanted - 1) / wanted;
  std::size_t count = 0;
  for (const KeyValueSpan& span : spans) count += (span.rows * heads + size - 1) / size;
  auto* tiles = compute.arena.take<Tile>(count);
  std::size_t made = 0;
  for (const KeyValueSpan& span : spans) {
    for (std::size_t end = span.rows * heads; end > 0;) {  // late rows first: they see the most positions
      const std::size_t begin = (end - 1) / size * size;
      tiles[made++] = {&span, begin, end};
      end = begin;
    }
  }
  const std::size_t scratch_size = attention_scratch(size, key_dim, shape.latent_dim);
  const std::size_t tasks = std::min(count, std::max(most_tasks, 2 * threads));
  auto* scratch = compute.arena.take<float>(tasks * scratch_size);
  const auto run = [&](const Tile& tile, float* own_scratch) {
    const float* task[task_queries];
    float* out[task_queries];
    const std::uint32_t first[task_queries] = {};
    std::uint32_t end[task_queries];
    for (std::size_t k = tile.begin; k < tile.end; ++k) {
      const std::size_t at = tile.span->first_row * heads + k;
      const std::size_t n = k - tile.begin;
      task[n] = queries + at * key_dim;
      out[n] = mixed + at * shape.latent_dim;
      end[n] = tile.span->first_position + static_cast<std::uint32_t>(k / heads) + 1;
    }
    compute.kernels.attention->attend({.queries = task,
                                       .out = out,
                                       .first = first,
                                       .end = end,
                                       .rows = tile.end - tile.begin,
                                       .keys = tile.span->keys,
                                       .values = nullptr,
                                       .key_dim = key_dim,
                                       .value_dim = shape.latent_dim,
                                       .scale = static_cast<float>(shape.scale),
                                       .type = type,
                                       .scratch = own_scratch});
  };
  compute.pool.parallel_for(tasks, [&](std::size_t task) {
    for (std::size_t i = task; i < count; i += tasks) run(tiles[i], scratch + task * scratch_size);
  });
}

void LatentAttention::apply(Activations& x, const Attention::Pass& pass, std::span<const KeyValueSpan> spans,
                            float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t heads = shape.heads;
  auto* queries = compute.arena.take<float>(rows * heads * (shape.latent_dim + shape.rope_dim));
  make_queries(x, pass, queries, compute);
  store_latents(x, pass, spans, compute);
  auto* mixed = compute.arena.take<float>(rows * heads * shape.latent_dim);
  attend(queries, pass.type, spans, mixed, compute);

  const std::size_t width = heads * shape.value_dim;
  auto* values = compute.arena.take<float>(rows * width);
  auto* latents = compute.arena.take<Activations>(heads);
  auto* products = compute.arena.take<MatrixProduct>(heads);
  for (std::size_t h = 0; h < heads; ++h) {
    new (latents + h) Activations(mixed + h * shape.latent_dim, rows, shape.latent_dim, heads * shape.latent_dim);
    products[h] = {&value_up[h].weight, latents + h, nullptr, values + h * shape.value_dim, width};
  }
  multiply({products, heads}, compute);
  Activations attended(values, rows, width, width, Rounding::coarse);
  output.apply(attended, out, compute);
}

std::size_t LatentAttention::scratch(const Shape& shape, std::size_t rows) noexcept {
  const std::size_t key_dim = shape.latent_dim + shape.rope_dim;
  const std::size_t head = shape.plain_dim + shape.rope_dim + key_dim + shape.latent_dim + shape.value_dim;
  const std::size_t tasks = std::min(rows * shape.heads / task_queries + 1, most_tasks);
  const std::size_t quantised = shape.heads * (shape.plain_dim + shape.latent_dim);
  return rows * (shape.heads * head + quantised + shape.query_rank + key_dim) +
         tasks * attention_scratch(task_queries, key_dim, shape.latent_dim);
}

}  // namespace ondol
