// Bodies of kernels/block_float.hpp.
#include "kernels/block_float.hpp"
#include "kernels/simd/elements.inl"

namespace ondol::ISA {
namespace {
namespace block_floats {

/// The levels of 32 weights; returns d as a bfloat16.
template <class From>
std::uint16_t round_group(const std::byte* in, std::int16_t* levels) {
  std::uint16_t elements[group_inputs];
  __builtin_memcpy(elements, in, sizeof elements);
  alignas(64) float values[group_inputs];
  for (int i = 0; i < group_inputs; i += 16) store(values + i, From::load16(elements + i));
  const std::uint32_t largest = largest_magnitude(values);
  if (largest >= 0x7F800000u || largest < bits_of(least_activation)) {
    __builtin_memset(levels, 0, group_inputs * sizeof *levels);
    return largest >= 0x7F800000u ? 0x7FC0 : 0;
  }
  const std::uint32_t exponent = (largest >> 23) - 12;  // of d, biased
  round_values(values, float_of((254 - exponent) << 23), levels);
  return std::uint16_t(exponent << 7);
}

template <class From>
void pack(const std::byte* in, std::size_t rows, std::size_t columns, std::byte* out) noexcept {
  constexpr LayoutBytes at(layouts::block_float);
  alignas(64) std::int16_t levels[panel_rows][group_inputs] = {};
  std::uint16_t d[panel_rows] = {};
  for (std::size_t column = 0; column < columns; column += group_inputs, out += at.block) {
    for (std::size_t row = 0; row < rows; ++row) {
      d[row] = round_group<From>(in + (row * columns + column) * 2, levels[row]);
    }
    __builtin_memcpy(out, d, sizeof d);
    for (int pair = 0; pair < group_inputs / 2; ++pair) {
      std::byte* const vector = out + at.levels + 64 * pair;
      for (int row = 0; row < panel_rows; ++row) __builtin_memcpy(vector + 4 * row, levels[row] + 2 * pair, 4);
    }
  }
}

}  // namespace block_floats
}  // namespace

extern const BlockFloatKernels block_float;
const BlockFloatKernels block_float{{block_floats::pack<FromHalf>, block_floats::pack<FromBfloat>}};

}  // namespace ondol::ISA
