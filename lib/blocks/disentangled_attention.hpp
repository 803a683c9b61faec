#pragma once

#include <cstddef>
#include <span>

#include "blocks/attention.hpp"

namespace ondol {

/// Attention whose scores are sums of content to content, content to position and position to content (He et al. 2021,
/// DeBERTa). Positions are learned embeddings of relative distances, shared by all layers.
struct DisentangledAttention {
  struct Shape {
    Attention::Shape attention;  ///< heads, head_dim, and a scale for all parts of the sum
    std::size_t span = 0;        ///< relative positions from -span to span - 1 have an embedding
    std::size_t buckets = 0;     ///< 0 = distances as they are
    std::size_t max_distance = 0;
    bool content_to_position = true;
    bool position_to_content = true;
    bool shared_projections = true;  ///< positions go through the contents' query and key

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear query;
  Linear key;
  Linear value;
  Linear output;
  Linear position_key;    ///< unless shared
  Linear position_query;  ///< the same

  /// @param positions  embeddings of the distances, [2 * span, hidden_size].
  /// The rows of a span are a whole sequence.
  void apply(Activations& x, const float* positions, std::span<const KeyValueSpan> spans, CacheType type, float* out,
             Compute& compute) const;
};

}  // namespace ondol
