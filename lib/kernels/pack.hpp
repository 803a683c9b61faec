#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/format.hpp"
#include "kernels/kernels.hpp"
#include "kernels/quantised_layout.hpp"

namespace ondol {

/// The packed layout of a product; nullptr for those of floats.
[[nodiscard]] const Layout* find_layout(Product product) noexcept;

/// Bytes of a panel of 16 rows.
[[nodiscard]] std::uint64_t panel_bytes(const Layout& layout, std::uint64_t columns) noexcept;

/// Packs the rows 16 * panel .. 16 * panel + 15, zero rows where the matrix has ended. `layout` is that of the format's
/// product, or block floats for F16 and BF16.
void pack_panel(const Layout& layout, const WeightView& weights, std::uint64_t panel, std::byte* out,
                const Kernels& kernels) noexcept;

/// The values of row `row` (0 .. 15) of a panel; bit for bit what the unpack of the product's own format gives, of
/// block floats the multiples that they are.
void unpack_panel_row(const Layout& layout, const std::byte* panel, int row, std::uint64_t columns,
                      float* out) noexcept;

}  // namespace ondol
