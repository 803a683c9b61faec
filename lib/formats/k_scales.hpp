#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ondol::storage {

/// The eight scales and eight mins of six bits of Q4_K and Q5_K, packed in twelve bytes: those of groups 0 .. 3 are the
/// low six bits of bytes g and 4 + g; for groups 4 .. 7 byte 4 + g has the low four bits of both, and the upper two
/// bits of bytes g - 4 and g are the upper two of the scale and the min.
struct KScales {
  std::uint8_t scale[8];
  std::uint8_t min[8];

  explicit KScales(const std::uint8_t* packed) noexcept {
    for (int g = 0; g < 4; ++g) {
      scale[g] = packed[g] & 63;
      min[g] = packed[4 + g] & 63;
      scale[4 + g] = static_cast<std::uint8_t>((packed[8 + g] & 15) | packed[g] >> 6 << 4);
      min[4 + g] = static_cast<std::uint8_t>(packed[8 + g] >> 4 | packed[4 + g] >> 6 << 4);
    }
  }
};

/// The reverse, of numbers 0 .. 63.
inline void pack_k_scales(const std::array<int, 8>& scale, const std::array<int, 8>& min,
                          std::uint8_t* packed) noexcept {
  for (std::size_t g = 0; g < 4; ++g) {
    packed[g] = static_cast<std::uint8_t>(scale[g] | scale[4 + g] >> 4 << 6);
    packed[4 + g] = static_cast<std::uint8_t>(min[g] | min[4 + g] >> 4 << 6);
    packed[8 + g] = static_cast<std::uint8_t>((scale[4 + g] & 15) | (min[4 + g] & 15) << 4);
  }
}

}  // namespace ondol::storage
