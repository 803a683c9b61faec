#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/format.hpp"

namespace ondol {

/// The integers of a block of a quantised format as its file has them; see Layout for what they mean.
struct Levels {
  std::uint16_t d = 0;
  std::uint16_t m = 0;  ///< float16; of the K formats the sign is turned, so that minima are added
  std::uint8_t q[256] = {};
  std::uint8_t scale[16] = {};
  std::uint8_t minimum[16] = {};
};

using ReadLevels = void (*)(const std::byte* block, Levels& out) noexcept;

/// nullptr for the products of floats.
[[nodiscard]] ReadLevels find_read_levels(Product product) noexcept;

}  // namespace ondol
