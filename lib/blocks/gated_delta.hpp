#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "blocks/causal_convolution.hpp"
#include "blocks/linear.hpp"
#include "blocks/norm.hpp"
#include "blocks/state.hpp"

namespace ondol {

/// A gated delta net (Yang et al. 2024) as Qwen 3 Next has it. Of each row: q, k, v = silu(convolution(in(row))), q and
/// k of length 1, q then divided by sqrt(key_dim); b, r = rates(row); in each value head with S [key_dim, value_dim]
///   S <- exp(A softplus(r + step_bias)) S,  S <- S + k (sigmoid(b) (v - k S)),  y = q S
/// and output(norm(y) silu(gate(row))). Value heads share queries and keys in groups.
struct GatedDelta {
  struct Shape {
    std::size_t key_heads = 0;
    std::size_t value_heads = 0;  ///< a multiple of key_heads
    std::size_t key_dim = 0;      ///< of a head
    std::size_t value_dim = 0;
    std::size_t kernel = 0;  ///< positions of the convolution

    [[nodiscard]] std::size_t keys() const noexcept { return key_heads * key_dim; }
    [[nodiscard]] std::size_t values() const noexcept { return value_heads * value_dim; }
    [[nodiscard]] std::size_t channels() const noexcept { return 2 * keys() + values(); }  ///< of q, k and v

    /// Of the state: of the convolution, then [value_heads, key_dim, value_dim].
    [[nodiscard]] std::size_t state_size() const noexcept;
    [[nodiscard]] std::size_t scratch() const noexcept;  ///< floats of scratch memory a row

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear in;     ///< [channels, hidden]
  Linear gate;   ///< [values, hidden]
  Linear rates;  ///< [2 value_heads, hidden]: for each key head b of its value heads, then r
  CausalConvolution convolution;
  std::vector<float> step_bias;  ///< [value_heads]
  std::vector<float> a;          ///< [value_heads], below 0
  Norm norm;                     ///< [value_dim]
  Linear output;                 ///< [hidden, values]

  /// out is [x.rows(), hidden]; `spans` cover all rows.
  void apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const;
};

}  // namespace ondol
