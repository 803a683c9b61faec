#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "blocks/causal_convolution.hpp"
#include "blocks/linear.hpp"
#include "blocks/norm.hpp"
#include "blocks/state.hpp"

namespace ondol {

/// Mamba's selective state space (Gu & Dao 2023). Of each row: x, z = in(row); x = silu(convolution(x));
/// dt, B, C = parameters(x); dt = softplus(step(dt)); then in each channel
///   h <- exp(dt A) h + dt B x,  y = C h + D x
/// over a state h of `states` values, and output(y silu(z)).
struct Mamba {
  struct Shape {
    std::size_t channels = 0;
    std::size_t states = 0;  ///< values of the state a channel
    std::size_t rank = 0;    ///< of the time step before its projection
    std::size_t kernel = 0;  ///< positions of the convolution
    bool norms = false;      ///< RMS norms of dt, B and C (Jamba)

    /// Of the state: of the convolution, then [states, channels].
    [[nodiscard]] std::size_t state_size() const noexcept;
    [[nodiscard]] std::size_t scratch() const noexcept;  ///< floats of scratch memory a row

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear in;  ///< [2 channels, hidden]
  CausalConvolution convolution;
  Linear parameters;  ///< [rank + 2 states, channels]
  Norm step_norm;     ///< these three only with norms
  Norm b_norm;
  Norm c_norm;
  Linear step;           ///< [channels, rank], with the bias of dt
  std::vector<float> a;  ///< [states, channels], below 0
  std::vector<float> d;  ///< [channels]
  Linear output;         ///< [hidden, channels]

  /// out is [x.rows(), hidden]; `spans` cover all rows.
  void apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const;
};

}  // namespace ondol
