#pragma once

#include <cstddef>
#include <cstdint>

#include "ondol/kv_cache.hpp"

namespace ondol {

/// Positions in a block of the cache. Also the step of the online softmax: sums run block by block, so a result does
/// not depend on how the positions came in.
inline constexpr std::size_t cache_block = 64;

/// Layout of one kv head in a block: keys transposed, [head_dim][64 positions], so that a lane is a position; values
/// [64 positions][head_dim], so that a lane is a dimension. Elements as CacheType says. Q8_0 stores int8 in the same
/// order and after it float16 scales: keys one per (32 dimensions, position), [head_dim / 32][64]; values one per
/// (position, 32 dimensions), [64][head_dim / 32]; head_dim must be a multiple of 32 for it.
[[nodiscard]] constexpr std::size_t cache_head_bytes(CacheType type, std::size_t head_dim) noexcept {
  switch (type) {
    case CacheType::f32: return cache_block * head_dim * 4;
    case CacheType::f16:
    case CacheType::bf16: return cache_block * head_dim * 2;
    case CacheType::q8_0: return cache_block * head_dim + cache_block * (head_dim / 32) * 2;
  }
  return 0;
}

/// Queries that share one kv head. Row r reads queries[r] and writes out[r], head_dim floats each; it sees the
/// positions first[r] <= p < end[r], at least one; all must be in the blocks. Rows may come in any order; neighbours
/// that see nearly the same positions are fast.
struct AttentionTask {
  const float* const* queries;   ///< [rows] pointers to head_dim floats
  float* const* out;             ///< [rows] pointers to head_dim floats
  const std::uint32_t* first;    ///< [rows]
  const std::uint32_t* end;      ///< [rows]
  std::size_t rows;              ///< 1 .. 64
  const std::byte* const* keys;  ///< block b holds the positions [64 b, 64 b + 64) of this kv head
  const std::byte* const* values;
  std::size_t head_dim;  ///< at least 1; a multiple of 32 for q8_0
  float scale;           ///< usually 1 / sqrt(head_dim)
  CacheType type;
  float* scratch;  ///< attention_scratch(rows, head_dim) floats of this task alone
};

[[nodiscard]] std::size_t attention_scratch(std::size_t rows, std::size_t head_dim) noexcept;

struct AttentionKernels {
  /// out = softmax(scale * q K^T over the visible positions) V, online in blocks of 64 positions (Milakov & Gimelshein
  /// 2018). Each row's result is a function of its query, the visible keys and values and their positions only. A row
  /// whose scores hold a NaN gives NaN.
  void (*attend)(const AttentionTask& task) noexcept;

  /// Stores one position of one kv head into a block: `key` and `value` are head_dim floats, slot is position % 64.
  void (*store)(const float* key, const float* value, std::size_t head_dim, std::size_t slot, CacheType type,
                std::byte* key_block, std::byte* value_block) noexcept;
};

}  // namespace ondol
