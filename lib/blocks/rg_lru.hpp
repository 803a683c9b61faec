#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "blocks/causal_convolution.hpp"
#include "blocks/linear.hpp"
#include "blocks/state.hpp"

namespace ondol {

/// Griffin's recurrent block with the real-gated linear recurrent unit (De et al. 2024). Of each row: x =
/// convolution(in(row)); r, i = sigmoid of the gates of x, which are block-diagonal; a = exp(r decay);
///   h <- a h + sqrt(1 - a^2) (i x)
/// where the first position of a sequence has h = i x; and output(h gelu(side(row))).
struct RgLru {
  struct Shape {
    std::size_t channels = 0;
    std::size_t blocks = 0;  ///< of the gates' matrices
    std::size_t kernel = 0;  ///< positions of the convolution
    Activation activation = Activation::gelu_tanh;

    /// Of the state: of the convolution, then h [channels], then 1 behind the first position.
    [[nodiscard]] std::size_t state_size() const noexcept;
    [[nodiscard]] std::size_t scratch() const noexcept;  ///< floats of scratch memory a row

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear in;    ///< [channels, hidden]
  Linear side;  ///< [channels, hidden]
  CausalConvolution convolution;
  std::vector<Linear> input_gate;       ///< a block each, [channels / blocks, channels / blocks]
  std::vector<Linear> recurrence_gate;  ///< the same
  std::vector<float> decay;             ///< [channels], below 0
  Linear output;                        ///< [hidden, channels]

  /// out is [x.rows(), hidden]; `spans` cover all rows.
  void apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const;
};

}  // namespace ondol
