#pragma once

#include <cstddef>

#include "formats/format.hpp"

namespace ondol {

/// Of float32 values, 32 at a time, that were made of integers of at most 4 or 8 bits and are held as such by fast
/// precision. In no file, and not among formats().
[[nodiscard]] const Format& values_format(int bits) noexcept;

/// `blocks` times 32 values to own_format(product), which is Q4_1 or Q8_0: the very integers they were made of where
/// they lie on a grid of as many levels, else the nearest.
void pack_values(Product product, const float* in, std::byte* out, std::size_t blocks) noexcept;

}  // namespace ondol
