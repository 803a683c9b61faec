#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "blocks/linear.hpp"
#include "blocks/state.hpp"

namespace ondol {

/// A row mixed with the one before it, in each channel by itself: share x + (1 - share) previous.
struct TokenShift {
  std::vector<float> share;  ///< [hidden]
};

/// RWKV-4's time mix (Peng et al. 2023): r, k, v of rows mixed with those before; output(sigmoid(r) mean), where mean
/// is that of all values v so far, weighted by exp(k) and fading (RecurrenceKernels::weighted_mean).
struct RwkvTimeMix {
  struct Shape {
    std::size_t hidden = 0;
    std::size_t channels = 0;  ///< of r, k and v

    /// Of the state: the row before [hidden], then sum of weighted values, sum of weights and largest exponent,
    /// [channels] each.
    [[nodiscard]] std::size_t state_size() const noexcept;
    [[nodiscard]] std::size_t scratch() const noexcept;  ///< floats of scratch memory a row

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  TokenShift key_shift;
  TokenShift value_shift;
  TokenShift receptance_shift;
  Linear key;  ///< these three [channels, hidden]
  Linear value;
  Linear receptance;
  std::vector<float> first;  ///< [channels]: what the present position adds to k
  std::vector<float> decay;  ///< [channels], below 0
  Linear output;             ///< [hidden, channels]

  /// out is [x.rows(), hidden]; `spans` cover all rows.
  void apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const;
};

/// RWKV-4's channel mix, a feed-forward block that sees the row before: sigmoid(receptance) value(relu(key)^2).
struct RwkvChannelMix {
  struct Shape {
    std::size_t hidden = 0;
    std::size_t intermediate_size = 0;

    /// Of the state: the row before, [hidden].
    [[nodiscard]] std::size_t state_size() const noexcept;
    [[nodiscard]] std::size_t scratch() const noexcept;  ///< floats of scratch memory a row

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  TokenShift key_shift;
  TokenShift receptance_shift;
  Linear key;         ///< [intermediate_size, hidden]
  Linear value;       ///< [hidden, intermediate_size]
  Linear receptance;  ///< [hidden, hidden]

  /// out is [x.rows(), hidden]; `spans` cover all rows.
  void apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const;
};

}  // namespace ondol
