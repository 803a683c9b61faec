#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "blocks/causal_convolution.hpp"
#include "blocks/linear.hpp"
#include "blocks/norm.hpp"
#include "blocks/state.hpp"

namespace ondol {

/// Mamba 2's state space (Dao & Gu 2024), as a plain recurrence. Of each row: z, xBC, dt = in(row);
/// x, B, C = silu(convolution(xBC)); dt = softplus(dt + step_bias); then in each head, for each of its values x,
///   h <- exp(dt A) h + dt B x,  y = C h + D x
/// over a state h of `states` values, with B and C of the head's group; and output(norm(y silu(z))).
struct Mamba2 {
  struct Shape {
    std::size_t heads = 0;
    std::size_t head_dim = 0;
    std::size_t states = 0;
    std::size_t groups = 1;  ///< heads that share B and C; the norm runs over each by itself
    std::size_t kernel = 0;  ///< positions of the convolution
    bool norm = true;
    bool norm_before_gate = false;  ///< output(norm(y) silu(z))
    double least_step = 0;          ///< dt is cut to these
    double largest_step = std::numeric_limits<double>::infinity();
    std::array<double, 5> input_scales{1, 1, 1, 1, 1};  ///< of z, x, B, C and dt as in() gives them (Falcon-H1)
    double output_scale = 1;

    [[nodiscard]] std::size_t width() const noexcept { return heads * head_dim; }
    [[nodiscard]] std::size_t channels() const noexcept { return width() + 2 * groups * states; }  ///< of x, B and C

    /// Of the state: of the convolution, then [heads, states, head_dim].
    [[nodiscard]] std::size_t state_size() const noexcept;
    [[nodiscard]] std::size_t scratch() const noexcept;  ///< floats of scratch memory a row

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear in;  ///< [width + channels + heads, hidden]
  CausalConvolution convolution;
  std::vector<float> step_bias;  ///< [heads]
  std::vector<float> a;          ///< [heads], below 0
  std::vector<float> d;          ///< [heads]
  Norm norm;                     ///< [width]
  Linear output;                 ///< [hidden, width]

  /// out is [x.rows(), hidden]; `spans` cover all rows.
  void apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const;

 private:
  void gate(float* y, float* z, const Kernels& kernels) const;
};

}  // namespace ondol
