#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/matmul.hpp"

namespace ondol {

/// 32 numbers in 8 bits: x = scale * q, scale = max |x| / 127, q rounded to nearest even, -127 .. 127. A group with
/// an infinity or a NaN has scale NaN and q = 0, so that all outputs of its row are NaN; one whose largest magnitude is
/// below 2^-119 is zero.
struct alignas(64) ActivationGroup {
  std::int8_t q[32];
  float scale;
  float sum;                    ///< scale * (sum of q)
  std::int16_t pairs[2];        ///< sums of q[4 s] + q[4 s + 1] and of q[4 s + 2] + q[4 s + 3] over all s
  std::int16_t pairs_of[2][2];  ///< the same of each half of 16
  std::int16_t sums_of[2];      ///< sum of q in each half
  std::int32_t minus_sum;       ///< minus the sum of q
};
static_assert(sizeof(ActivationGroup) == 64);

/// An activation is the sum of so many numbers of 8 bits: the second holds what rounding to the first left over. With
/// 16 bits in all, rounding activations no longer shows beside the rounding of the weights.
inline constexpr std::size_t activation_terms = 2;

/// Rows in tiles of `tile` rows, the last of as many as are left, rounded up to a width that kernels have (the rows
/// beyond are zero). A tile is [group][term][row].
struct Activations::Quantised {
  const ActivationGroup* groups;
};

/// A part of a product: some panels of the weights by some tiles of the activations.
struct QuantisedTask {
  const std::byte* panels;  ///< the matrix's first panel
  std::size_t first_panel, last_panel;
  std::size_t groups;                  ///< inputs / 32
  std::size_t outputs;                 ///< rows of the matrix
  const ActivationGroup* activations;  ///< the first tile of all
  std::size_t first_row, last_row;     ///< first_row is a multiple of `tile`; last_row too, or the last of all
  const float* bias;                   ///< [outputs] or nullptr
  float* out;                          ///< out[row * stride + output]
  std::size_t stride;
};

/// The products of packed integer weights with quantised activations. Sums of integers are exact; each term of each
/// group of 32 inputs, in the file's order, adds to an output:
///   I = sum of scale * (level - offset) * q            scale: of 16 inputs, else 1
///   y = fma(float(I), w * a.scale, y)                  w = d, or d * scale for scales of 32 inputs
///   y = fma(m * minimum, a.sum, y)                     if there are minima; of 16 inputs (Q2_K) instead
///   y = fma(float(J), m * a.scale, y)                  J = sum of minimum * (sum of q)
/// so all instruction sets agree bit for bit, for any number of rows.
struct QuantisedKernels {
  std::size_t tile;  ///< rows of a full tile
  /// Rows, padding included, of a tile with `rows` <= tile rows.
  std::size_t (*tile_width)(std::size_t rows) noexcept;
  /// Writes a tile of `rows` rows: row i starts at x + i * stride.
  void (*quantise)(const float* x, std::size_t stride, std::size_t rows, std::size_t groups,
                   ActivationGroup* out) noexcept;
  /// By Product; null for those of floats.
  void (*multiply[15])(const QuantisedTask& task) noexcept;
};

}  // namespace ondol
