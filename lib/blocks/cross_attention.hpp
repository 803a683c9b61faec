#pragma once

#include <cstddef>
#include <span>

#include "blocks/attention.hpp"

namespace ondol {

/// A decoder's attention to the keys and values of a source, which an encoder has read (Vaswani et al. 2017, 3.2.3).
struct CrossAttention {
  using Shape = Attention::Shape;  ///< heads, kv_heads, head_dim and scale of it
  Shape shape;
  Linear query;
  Linear key;
  Linear value;
  Linear output;

  /// Writes keys and values of the source's rows [rows, width of the encoder] into the span's blocks.
  void store(Activations& source, const KeyValueSpan& span, CacheType type, Compute& compute) const;

  /// x and out are [rows, hidden_size]; the spans cover all rows, and say in `seen` how long each source is.
  void apply(Activations& x, std::span<const KeyValueSpan> spans, CacheType type, float* out, Compute& compute) const;
};

}  // namespace ondol
