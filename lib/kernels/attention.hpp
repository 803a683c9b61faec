#pragma once

#include <cstddef>
#include <cstdint>

#include "ondol/kv_cache.hpp"

namespace ondol {

/// Positions in a block of the cache. Also the step of the online softmax: sums run block by block, so a result does
/// not depend on how the positions came in.
inline constexpr std::size_t cache_block = 64;

/// Layout of one kv head in a block: keys transposed, [key_dim][64 positions], so that a lane is a position; values
/// [64 positions][value_dim], so that a lane is a dimension. Elements as CacheType says. Q8_0 stores int8 in the same
/// order and after it float16 scales: keys one per (32 dimensions, position), [key_dim / 32][64]; values one per
/// (position, 32 dimensions), [64][value_dim / 32]; both must be multiples of 32 for it. Bytes of keys or of values:
[[nodiscard]] constexpr std::size_t cache_head_bytes(CacheType type, std::size_t dim) noexcept {
  switch (type) {
    case CacheType::f32: return cache_block * dim * 4;
    case CacheType::f16:
    case CacheType::bf16: return cache_block * dim * 2;
    case CacheType::q8_0: return cache_block * dim + cache_block * (dim / 32) * 2;
  }
  return 0;
}

/// Queries that share one kv head. Row r reads key_dim floats at queries[r] and writes value_dim floats at out[r]; it
/// sees the positions first[r] <= p < end[r], at least one; the blocks that hold them must be there. Rows may come in
/// any order; neighbours that see nearly the same positions are fast.
struct AttentionTask {
  const float* const* queries;     ///< [rows]
  float* const* out;               ///< [rows]
  const std::uint32_t* first;      ///< [rows]
  const std::uint32_t* end;        ///< [rows]
  std::size_t rows;                ///< 1 .. 64
  const std::byte* const* keys;    ///< block b holds the positions [64 b, 64 b + 64) of this kv head
  const std::byte* const* values;  ///< null: a value is the first value_dim dimensions of its key
  std::size_t key_dim;             ///< at least 1; a multiple of 32 for q8_0
  std::size_t value_dim;           ///< the same
  float scale;                     ///< usually 1 / sqrt(key_dim)
  float softcap = 0;               ///< > 0: scores become softcap * tanh(score / softcap)
  CacheType type;
  float* scratch;  ///< attention_scratch(rows, key_dim, value_dim) floats of this task alone
  /// Null, or what is added to the score of position p: bias[r][p]; read for whole blocks.
  const float* const* bias = nullptr;
  /// Null, or [rows] scores of a position without a value, which takes its share of the softmax.
  const float* sinks = nullptr;
};

[[nodiscard]] std::size_t attention_scratch(std::size_t rows, std::size_t key_dim, std::size_t value_dim) noexcept;

struct AttentionKernels {
  /// out = softmax(scale * q K^T + bias over the visible positions) V, online in blocks of 64 positions (Milakov &
  /// Gimelshein 2018). Each row's result is a function of its query, the visible keys and values and their positions
  /// only. A row whose scores hold a NaN gives NaN.
  void (*attend)(const AttentionTask& task) noexcept;

  /// Stores one position of one kv head into a block: `key` is key_dim floats, `value` value_dim, slot is
  /// position % 64. With a value_dim of 0 there is no value block.
  void (*store)(const float* key, const float* value, std::size_t key_dim, std::size_t value_dim, std::size_t slot,
                CacheType type, std::byte* key_block, std::byte* value_block) noexcept;
};

}  // namespace ondol
