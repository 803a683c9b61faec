#pragma once

#include <cstddef>
#include <span>

#include "blocks/attention.hpp"
#include "blocks/mamba2.hpp"

namespace ondol {

/// Attention and a state space side by side over the same rows, added up (Falcon-H1).
struct AttentionAndMamba2 {
  struct Shape {
    Attention::Shape attention;
    Mamba2::Shape mamba2;

    bool operator==(const Shape&) const = default;
  };
  Attention attention;
  Mamba2 mamba2;

  /// out is [x.rows(), hidden]; both lists of spans cover all rows.
  void apply(Activations& x, const Attention::Pass& pass, std::span<const KeyValueSpan> spans,
             std::span<const StateSpan> states, float* out, Compute& compute) const;
};

}  // namespace ondol
