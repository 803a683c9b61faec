#pragma once

#include <cstdint>

namespace ondol::storage {

/// The low four bits of 32 codes in 16 bytes: byte j holds code j in its low and code j + 16 in its high half.
inline void pack_nibbles(const std::uint8_t* codes, std::uint8_t* out) noexcept {
  for (int j = 0; j < 16; ++j) out[j] = static_cast<std::uint8_t>((codes[j] & 15u) | (codes[j + 16] & 15u) << 4);
}

/// The fifth bits of 32 codes in four bytes, those of the first codes lowest.
inline void pack_fifth_bits(const std::uint8_t* codes, std::uint8_t* out) noexcept {
  for (int i = 0; i < 4; ++i) {
    out[i] = 0;
    for (int j = 0; j < 8; ++j) out[i] = static_cast<std::uint8_t>(out[i] | (codes[i * 8 + j] >> 4 & 1u) << j);
  }
}

}  // namespace ondol::storage
