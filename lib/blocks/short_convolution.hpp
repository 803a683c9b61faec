#pragma once

#include <cstddef>
#include <span>

#include "blocks/causal_convolution.hpp"
#include "blocks/linear.hpp"
#include "blocks/state.hpp"

namespace ondol {

/// LFM2's gated short convolution (Liquid AI 2025): B, C, x = in(row); output(C convolution(B x)).
struct ShortConvolution {
  struct Shape {
    std::size_t channels = 0;
    std::size_t kernel = 0;  ///< positions of the convolution

    /// Floats of the state: of the convolution.
    [[nodiscard]] std::size_t state_size() const noexcept;
    [[nodiscard]] std::size_t scratch() const noexcept;  ///< floats of scratch memory a row

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear in;  ///< [3 channels, hidden]
  CausalConvolution convolution;
  Linear output;  ///< [hidden, channels]

  /// out is [x.rows(), hidden]; `spans` cover all rows.
  void apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const;
};

}  // namespace ondol
