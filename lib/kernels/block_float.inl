// Bodies of kernels/block_float.hpp.
#include "kernels/block_float.hpp"
#include "kernels/simd/elements.inl"

namespace ondol::ISA {
namespace {
namespace block_floats {

using Group = ActivationGroup<std::int16_t>;

/// The levels of 32 weights, and d as a bfloat16.
template <class From>
std::uint16_t round_group(const std::byte* in, Group& out) {
  std::uint16_t elements[group_inputs];
  __builtin_memcpy(elements, in, sizeof elements);
  const F32x16 halves[] = {From::load16(elements), From::load16(elements + 16)};
  alignas(64) float values[group_inputs];
  for (int i = 0; i < 2; ++i) store(values + 16 * i, halves[i]);
  const float largest = reduce_maximum(maximum(absolute(halves[0]), absolute(halves[1])));
  const std::uint32_t exponent = bits_of(largest) >> 23;  // of the largest, biased; d's is 12 less
  const float most = float_of((bits_of(largest) & 0x7FFFFFu) | (127 + 12) << 23);
  quantise_group(values, most, out);
  if (out.scale == 0.0f) return 0;
  return out.scale == out.scale ? std::uint16_t((exponent - 12) << 7) : std::uint16_t(0x7FC0);
}

template <class From>
void pack(const std::byte* in, std::size_t rows, std::size_t columns, std::byte* out) noexcept {
  constexpr LayoutBytes at(layouts::block_float);
  Group groups[panel_rows] = {};
  std::uint16_t d[panel_rows] = {};
  for (std::size_t column = 0; column < columns; column += group_inputs, out += at.block) {
    for (std::size_t row = 0; row < rows; ++row) {
      d[row] = round_group<From>(in + (row * columns + column) * 2, groups[row]);
    }
    __builtin_memcpy(out, d, sizeof d);
    for (int pair = 0; pair < group_inputs / 2; ++pair) {
      std::byte* const vector = out + at.levels + 64 * pair;
      for (int row = 0; row < panel_rows; ++row) __builtin_memcpy(vector + 4 * row, groups[row].q + 2 * pair, 4);
    }
  }
}

}  // namespace block_floats
}  // namespace

extern const BlockFloatKernels block_float;
const BlockFloatKernels block_float{{block_floats::pack<FromHalf>, block_floats::pack<FromBfloat>}};

}  // namespace ondol::ISA
