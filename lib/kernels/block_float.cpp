#include "kernels/block_float.hpp"

#include <algorithm>
#include <cstring>

#include "base/half.hpp"

namespace ondol {

void pack_block_floats(const WeightView& weights, std::uint64_t panel, std::byte* out,
                       const Kernels& kernels) noexcept {
  const std::uint64_t first = panel * panel_rows;
  const std::uint64_t rows = std::min<std::uint64_t>(panel_rows, weights.rows - first);
  kernels.block_float->pack[weights.format->product == Product::f16 ? 0 : 1](weights.row(first), rows, weights.columns,
                                                                             out);
}

void unpack_block_floats(const Layout& layout, const std::byte* panel, int row, std::uint64_t columns,
                         float* out) noexcept {
  const LayoutBytes at(layout);
  for (std::uint64_t column = 0; column < columns; column += group_inputs, panel += at.block) {
    std::uint16_t d;
    std::memcpy(&d, panel + 2 * row, sizeof d);
    for (int i = 0; i < group_inputs; ++i) {
      std::int16_t level;
      std::memcpy(&level, panel + at.levels + i / 2 * 64 + row * 4 + i % 2 * 2, sizeof level);
      out[column + static_cast<std::uint64_t>(word_place(i))] = bfloat_to_float(d) * static_cast<float>(level);
    }
  }
}

}  // namespace ondol
