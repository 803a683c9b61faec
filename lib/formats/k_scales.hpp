#pragma once

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

}  // namespace ondol::storage
