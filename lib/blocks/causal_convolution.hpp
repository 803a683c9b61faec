#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "blocks/state.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/kernels.hpp"

namespace ondol {

/// Each channel by itself over its last positions: y[t] = f(bias + sum over i < kernel of w[i] x[t - kernel + 1 + i]).
struct CausalConvolution {
  static constexpr std::size_t most_positions = 64;  ///< a kernel may have

  std::size_t channels = 0;
  std::size_t kernel = 0;     ///< positions, the present one included
  std::vector<float> weight;  ///< [kernel, channels]
  std::vector<float> bias;    ///< [channels] or empty

  /// The inputs before the next position, [kernel - 1, channels], the oldest first.
  [[nodiscard]] static std::size_t state_size(std::size_t channels, std::size_t kernel) {
    return (kernel - 1) * channels;
  }
  /// x's rows are `stride` apart; out is [rows, channels] and other memory. The state lies `offset` floats behind the
  /// spans' pointers.
  void apply(const float* x, std::size_t stride, std::span<const StateSpan> spans, std::size_t offset, Activation f,
             float* out, Compute& compute) const;
};

}  // namespace ondol
