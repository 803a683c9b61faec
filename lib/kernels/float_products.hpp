#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "formats/format.hpp"
#include "kernels/kernels.hpp"

namespace ondol {

class Activations;

/// Packed float weights: panels of 16 rows (outputs), each [columns][16] elements of f32, f16 or bf16, so that a lane
/// is an output; rows that fill up the last panel are zero. Every element of a product is
///   sum over chunks c of (sum over k in chunk c of x[k] * w[k]), + bias,
/// chunks of 256 columns in order, each one chain of fused multiply-adds from k = first up, beginning at +0.
namespace floats {

inline constexpr std::size_t panel = 16;
inline constexpr std::size_t chunk = 256;
inline constexpr std::size_t slice_panels = 6;              ///< panels that a task takes together
inline constexpr std::size_t slice = slice_panels * panel;  ///< outputs of a slice
inline constexpr std::size_t wide_rows = 48;                ///< rows of a call of WideProduct

/// out[48][96] (+)= x[48][k] w[k][96], k <= 256, w dense, in the order of sums above.
using WideProduct = void (*)(const float* x, std::size_t x_stride, const float* w, std::size_t k, float* out,
                             std::size_t stride, bool add);

}  // namespace floats

/// All rows of x times one slice.
struct FloatTask {
  const std::byte* panels;  ///< first panel of the slice
  std::size_t columns;
  std::size_t outputs;  ///< 1 .. floats::slice
  const float* x;
  std::size_t x_stride;
  std::size_t rows;
  const float* bias;  ///< of the slice; may be null
  float* out;         ///< column of the slice
  std::size_t stride;
  float* scratch;            ///< floats::chunk * floats::slice, for `wide`
  floats::WideProduct wide;  ///< null: own tiles only
};

struct FloatKernels {
  /// For elements of f32, f16, bf16, in this order.
  void (*multiply[3])(const FloatTask& task) noexcept;
};

/// Bytes of the packed form; `product` is f32, f16 or bf16.
[[nodiscard]] std::uint64_t float_packed_bytes(Product product, std::uint64_t rows, std::uint64_t columns) noexcept;

/// Packs all rows into `out`. Product::f32 takes any format, by its values; f16 and bf16 only their own format.
void pack_float(const WeightView& weights, Product product, std::byte* out, Compute& compute);

/// The values of one row, [columns].
void unpack_float_row(Product product, const std::byte* data, std::size_t row, std::size_t columns,
                      float* out) noexcept;

/// out[i * stride + j] = sum over k of x[i][k] * w[j][k] (+ bias[j]), for all rows i of x and j of w.
struct FloatProduct {
  Product product;
  const std::byte* data;
  std::size_t rows;
  std::size_t columns;
  const Activations* x;
  const float* bias;  ///< may be null
  float* out;
  std::size_t stride;
};

/// All of them, sharing the threads.
/// @throws Error out_of_memory.
void multiply_float(std::span<const FloatProduct> products, Compute& compute);

}  // namespace ondol
