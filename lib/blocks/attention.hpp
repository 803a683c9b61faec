#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "blocks/linear.hpp"
#include "blocks/rope.hpp"
#include "ondol/kv_cache.hpp"

namespace ondol {

/// The keys and values that some rows of a pass read and extend: one layer of one sequence. keys[head * blocks + b] and
/// values[...] are blocks as kernels/attention.hpp lays them out.
struct KeyValueSpan {
  std::size_t first_row;  ///< first of the pass's rows that belong to the sequence
  std::size_t rows;
  std::uint32_t first_position;  ///< of first_row; the rows that follow stand behind it one by one
  std::byte** keys;
  std::byte** values;
  std::size_t blocks;  ///< blocks a head, enough for all positions of these rows
};

/// Causal self-attention with grouped heads (Ainslie et al. 2023) over the cache.
struct Attention {
  Linear query;
  Linear key;
  Linear value;
  Linear output;
  std::size_t heads = 0;
  std::size_t kv_heads = 0;
  std::size_t head_dim = 0;
  float scale = 0;
  std::size_t window = 0;  ///< positions a row sees, itself included; 0 = all before it

  /// Stores the rows' keys and values, then attends. x and out are [rows, hidden_size]; `spans` cover all rows.
  void apply(Activations& x, const Rope& rope, const Rope::Angles& angles, std::span<const KeyValueSpan> spans,
             CacheType type, float* out, Compute& compute) const;
};

}  // namespace ondol
