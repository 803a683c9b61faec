#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/kernels.hpp"

namespace ondol {

/// How rotary frequencies are stretched beyond the length a model was first trained for.
struct RopeScaling {
  enum class Kind : std::uint8_t {
    none,
    linear,   ///< every frequency divided by `factor`
    dynamic,  ///< a theta that grows with the sequence beyond the original context ("NTK-aware")
    yarn,     ///< Peng et al. 2023: low frequencies divided, high ones kept
    llama3,   ///< the same with other borders (Llama 3.1)
    longrope  ///< Ding et al. 2024: two sets of divisors, for short and for long sequences
  };
  Kind kind = Kind::none;
  double factor = 1;            ///< >= 1: how many times longer
  double original_context = 0;  ///< positions of the first training
  double beta_fast = 32;        ///< yarn: rotations in the original context above which a frequency is kept
  double beta_slow = 1;         ///< yarn: rotations below which it is divided by `factor`
  bool truncate = true;         ///< yarn: the borders are rounded to whole pairs
  double low_frequency_factor = 1;   ///< llama3: as beta_slow
  double high_frequency_factor = 4;  ///< llama3: as beta_fast
  double attention_factor = 0;       ///< yarn, longrope: multiplies cosine and sine; 0 = the method's own
  double long_attention_factor = 0;    ///< longrope: the same for longer sequences; 0 = the same value
  double log_multiplier = 0;  ///< yarn: scores grow by (1 + log_multiplier ln(factor))^2 (DeepSeek, by its attention)
  std::vector<float> short_factors{};  ///< longrope: one divisor a pair
  std::vector<float> long_factors{};   ///< longrope: for sequences longer than original_context

  bool operator==(const RopeScaling&) const = default;
};

/// Rotary position embedding (Su et al. 2021): pair i of a head turns by position * frequency[i].
struct Rope {
  enum class Pairs : std::uint8_t { neighbours, halves };  ///< (2i, 2i + 1), or (i, i + dimensions / 2)

  Pairs pairs = Pairs::neighbours;
  std::vector<float> frequencies;       ///< one a pair
  std::vector<float> long_frequencies;  ///< longrope: of sequences planned longer than `border`; else empty
  double border = 0;                    ///< longrope, dynamic: positions up to which `frequencies` count; 0 = always
  float magnitude = 1;                  ///< of cosine and sine
  float long_magnitude = 1;             ///< longrope: of sequences planned longer than `border`
  double theta = 0;                     ///< dynamic: the base that grows with `factor`; else 0
  double factor = 1;

  /// @param dimensions  rotated dimensions of a head, even; the rest stay as they are.
  /// @param factors     empty, or one divisor a pair (Llama 3's scaling as GGUF files carry it).
  [[nodiscard]] static Rope make(Pairs pairs, std::size_t dimensions, double theta, const RopeScaling& scaling,
                                 std::span<const float> factors);

  /// Llama 3.1's scaling as divisors of the frequencies, one a pair: the form in which GGUF files carry it.
  [[nodiscard]] static std::vector<float> llama3_factors(std::size_t dimensions, double theta,
                                                         const RopeScaling& scaling);

  /// Rows of a pass that follow each other in one sequence.
  struct Span {
    std::size_t first_row;
    std::size_t rows;
    std::uint32_t first_position;
    std::size_t planned;  ///< positions the sequence was planned for when it began: decides between the frequencies
  };
  /// Cosines and sines of all rows: two arrays [rows, frequencies.size()] from the arena.
  struct Angles {
    const float* cosine;
    const float* sine;
  };
  [[nodiscard]] Angles angles(std::span<const Span> spans, std::size_t rows, Compute& compute) const;

  /// Turns each of the `heads` heads of `head_dim` floats that start at x, by row `row` of the angles.
  void rotate(float* x, std::size_t heads, std::size_t head_dim, const Angles& angles, std::size_t row,
              const Kernels& kernels) const;

 private:
  [[nodiscard]] std::vector<float> frequencies_for(std::size_t planned) const;
};

}  // namespace ondol
