#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/kernels.hpp"

namespace ondol {

/// How rotary frequencies are stretched beyond the length a model was first trained for.
struct RopeScaling {
  enum class Kind : std::uint8_t { none, linear, yarn };
  Kind kind = Kind::none;
  double factor = 1;            ///< >= 1: how many times longer
  double original_context = 0;  ///< yarn: positions of the first training
  double beta_fast = 32;        ///< yarn: rotations in the original context above which a frequency is kept
  double beta_slow = 1;         ///< yarn: rotations below which it is divided by `factor`
  double attention_factor = 0;  ///< yarn: multiplies cosine and sine; 0 = 0.1 ln(factor) + 1
};

/// Rotary position embedding (Su et al. 2021): pair i of a head turns by position * frequency[i].
struct Rope {
  enum class Pairs : std::uint8_t { neighbours, halves };  ///< (2i, 2i + 1), or (i, i + dimensions / 2)

  Pairs pairs = Pairs::neighbours;
  std::vector<float> frequencies;  ///< one a pair
  float magnitude = 1;             ///< of cosine and sine

  /// @param dimensions  rotated dimensions of a head, even; the rest stay as they are.
  /// @param factors     empty, or one divisor a pair (Llama 3's scaling as GGUF files carry it).
  [[nodiscard]] static Rope make(Pairs pairs, std::size_t dimensions, double theta, const RopeScaling& scaling,
                                 std::span<const float> factors);

  /// Cosines and sines of `rows` positions: two arrays [rows, frequencies.size()] from the arena.
  struct Angles {
    const float* cosine;
    const float* sine;
  };
  [[nodiscard]] Angles angles(const std::uint32_t* positions, std::size_t rows, Compute& compute) const;

  /// Turns each of the `heads` heads of `head_dim` floats that start at x, by row `row` of the angles.
  void rotate(float* x, std::size_t heads, std::size_t head_dim, const Angles& angles, std::size_t row,
              const Kernels& kernels) const;
};

}  // namespace ondol
