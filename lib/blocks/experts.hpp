#pragma once

#include <cstddef>
#include <vector>

#include "blocks/linear.hpp"
#include "blocks/mlp.hpp"
#include "blocks/router.hpp"

namespace ondol {

/// A mixture of experts (Shazeer et al. 2017) in the place of a feed-forward block: of many gated Mlps a row uses those
/// that the router chooses. A row is the sum over its experts, ascending, of weight * expert(x), then + shared(x). Only
/// the weights of chosen experts are read.
struct Experts {
  struct Shape {
    Router router;
    std::size_t intermediate_size = 0;  ///< of one expert
    Activation activation = Activation::silu;
    /// > 0: gates are cut at the limit and the rest to +-limit, and the product is gate sigmoid(alpha gate) (up + 1)
    /// (gpt-oss); `activation` is not used then.
    double limit = 0;
    double alpha = 1.702f;  ///< as float32, in which files state it
    bool weigh_input = false;     ///< weights multiply an expert's input, not its output
    std::size_t shared_size = 0;  ///< > 0: intermediate size of an Mlp that every row uses
    bool shared_gate = false;     ///< its output is multiplied by the sigmoid of one more product of x

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear router;            ///< [experts, hidden_size], in float32 whatever the precision
  std::vector<float> bias;  ///< [experts] of the choice; may be empty
  std::vector<Linear> gate;
  std::vector<Linear> up;
  std::vector<Linear> down;
  Mlp shared;          ///< if the shape has it
  Linear shared_gate;  ///< the same

  /// out is [x.rows(), hidden_size].
  void apply(Activations& x, float* out, Compute& compute) const;
  /// Floats of the arena that apply() needs for so many rows.
  [[nodiscard]] static std::size_t scratch(const Shape& shape, std::size_t hidden_size, std::size_t rows) noexcept;

 private:
  struct Routes;
  void run(const Routes& routes, std::size_t first, std::size_t end, Activations& x, float* out,
           Compute& compute) const;
  void activate(float* gates, float* raised, std::size_t n, const Kernels& kernels) const;
};

}  // namespace ondol
