#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/matmul.hpp"

namespace ondol {

/// What magnitudes of a group rounded to `middle` sum up to at most, so that its products with levels of up to 8191 do
/// in 32 bits; less what rounding adds.
inline constexpr std::int32_t largest_middle_sum = (1 << 18) - 64;

/// 32 activations rounded: x = scale * q, scale = max |x| / most, q to nearest even. A group with an
/// infinity or a NaN has scale and sums NaN and q = 0, so that all outputs of its row are NaN; one whose largest
/// magnitude is below `least_activation` is zero.
///
/// Of 8 bits, a group whose scale is over `outstanding` times the root mean square of its row's scales has a rest,
/// x - scale * q, rounded in the same way: such groups are few, the same for most rows, and hold most of the error that
/// 8 bits would make.
template <class Integer>
struct alignas(32) ActivationGroup {
  Integer q[32];  ///< of 16 bits that of input i is at word_place(i)
  float scale;
  float sum[3];               ///< scale * (sum of q) of all, of the first 16 and of the last 16
  std::int32_t minus_sum[3];  ///< minus the sum of q of the same
  std::int32_t has_rest;      ///< on a tile's first row: whether any row has a rest in this group
};
static_assert(sizeof(ActivationGroup<std::int8_t>) == 64 && sizeof(ActivationGroup<std::int16_t>) == 96);

/// Of the q of a group's first 16 activations and of its last.
struct HalfSums {
  std::int32_t first, last;
};

inline constexpr float least_activation = 0x1p-110f;
inline constexpr float outstanding = 2.75f;

/// What a kernel takes at a time, and tasks therefore are multiples of: panels that share what is read of the
/// activations, and rows, a multiple of every tile.
inline constexpr std::size_t panel_block = 2, row_block = 264;

/// A part of a product: some panels of the weights by some tiles of the activations.
struct QuantisedTask {
  const std::byte* panels;  ///< the matrix's first panel
  std::size_t first_panel, last_panel;
  std::size_t groups;   ///< inputs / 32
  std::size_t outputs;  ///< rows of the matrix
  /// Rows in tiles of `tile` rows, the last of as many as are left, rounded up to a width that kernels have (the rows
  /// beyond are zero). A tile is [group][row] of ActivationGroup; with 8 bits [group][row] of rests follow.
  const void* activations;
  std::size_t first_row, last_row;  ///< first_row is a multiple of `tile`; last_row too, or the last of all
  const float* bias;                ///< [outputs] or nullptr
  float* out;                       ///< out[row * stride + output]
  std::size_t stride;
};

/// The products of packed integer weights with rounded activations. Sums of integers are exact; each group of inputs
/// that share a scale (32, or 16 in Q2_K, Q3_K, Q6_K), in the file's order, adds to an output:
///   y = fma(float(sum of (level - offset) * q), w * a.scale, y)    w = d, or d * scale
///   y = fma(n, a.sum, y)                                           n = m, or m * minimum, if there are minima
/// and then its rest does in the same way, so all instruction sets agree bit for bit, for any number of rows.
struct RoundedKernels {
  std::size_t group_bytes;  ///< of an ActivationGroup, and its rest
  /// Writes a tile of `rows` rows: row i starts at x + i * stride.
  void (*quantise)(const float* x, std::size_t stride, std::size_t rows, std::size_t groups, void* out) noexcept;
  /// By Product; null for those of floats and those of another rounding. Signed 8-bit levels have no product with 8-bit
  /// activations: AVX2 has no exact one of two such bytes, and 16 bits cost it nothing more.
  void (*multiply[16])(const QuantisedTask& task) noexcept;
};

struct QuantisedKernels {
  std::size_t tile;  ///< rows of a full tile
  /// Rows, padding included, of a tile with `rows` <= tile rows.
  std::size_t (*tile_width)(std::size_t rows) noexcept;
  RoundedKernels by_rounding[3];  ///< as Rounding counts
};

}  // namespace ondol
