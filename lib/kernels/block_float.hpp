#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/format.hpp"
#include "kernels/kernels.hpp"
#include "kernels/quantised_layout.hpp"

namespace ondol {

/// Float16 and bfloat16 weights as block floating point: 32 of a row share a power of two, d, and each is the multiple
/// of d next to it, of 13 bits and a sign. d is such that the largest is 4096 d .. 8191 d: a float16 over a quarter of
/// it and a bfloat16 over a 32nd stay what they are, and others are off by d / 2 at most. Products are then of
/// integers, twice as many at a time as of floats, and with activations rounded to `middle` 32 of them sum up in 32
/// bits.
///
/// An infinity or NaN makes its 32 NaN; 32 of magnitudes below least_activation are zero.
struct BlockFloatKernels {
  /// Of float16, of bfloat16: packs `rows` (1 .. 16) rows that lie one after another, columns a multiple of 32, as a
  /// panel (Layout), with zero rows for those missing. `in` needs no alignment.
  void (*pack[2])(const std::byte* in, std::size_t rows, std::size_t columns, std::byte* out) noexcept;
};

/// As pack_panel and unpack_panel_row (kernels/pack.hpp); weights are of F16 or BF16.
void pack_block_floats(const WeightView& weights, std::uint64_t panel, std::byte* out, const Kernels& kernels) noexcept;
void unpack_block_floats(const Layout& layout, const std::byte* panel, int row, std::uint64_t columns,
                         float* out) noexcept;

}  // namespace ondol
