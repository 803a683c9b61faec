#pragma once

#include <cstddef>
#include <cstdint>

namespace ondol {

/// Chooses the experts of a row by its scores, and their weights.
struct Router {
  enum class Scoring : std::uint8_t {
    softmax,            ///< over all experts
    sigmoid,            ///< of each (DeepSeek-V3)
    softmax_of_chosen,  ///< the largest logits are chosen; softmax over them
    /// One after the other, each with its share among those not chosen yet whose logit lies near the largest
    /// (SparseMixer, Liu et al. 2024, as used for inference)
    sparse_mixer
  };
  std::size_t experts = 0;
  std::size_t used = 0;  ///< experts a row, 1 .. experts
  Scoring scoring = Scoring::softmax;
  /// > 1: experts stand in so many groups of equal size, and only those of the best `top_groups` are chosen. A group's
  /// score is its best expert's, with `sigmoid` the sum of its best two.
  std::size_t groups = 1;
  std::size_t top_groups = 1;
  bool normalise = false;  ///< weights are divided by their sum
  double scale = 1;        ///< of weights, at the end
  double jitter = 0;       ///< sparse_mixer: how near, half the relative distance

  bool operator==(const Router&) const = default;

  struct Choice {
    std::uint32_t expert;
    float weight;
  };
  /// Floats of scratch memory that choose() needs.
  [[nodiscard]] std::size_t scratch() const noexcept { return experts + groups; }
  /// One row: `logits` [experts], chosen [used], ascending by expert. Of equal scores the lower expert counts.
  /// @param bias  null, or [experts]: added to scores for the choice, not for the weights.
  void choose(const float* logits, const float* bias, float* scratch, Choice* chosen) const;
};

}  // namespace ondol
