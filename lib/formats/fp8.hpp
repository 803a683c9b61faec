#pragma once

#include <bit>
#include <cstdint>

namespace ondol::storage {

/// The magnitude of an eight-bit float of four bits of exponent and three of mantissa, from its lower seven bits, as if
/// there was no NaN. Source: OCP 8-bit Floating Point 1.0, E4M3.
constexpr float e4m3_magnitude(std::uint32_t code) noexcept {
  if (code < 8) return static_cast<float>(code) * 0x1p-9f;
  return std::bit_cast<float>((code << 20) + (120u << 23));
}

/// The code of the magnitude next to |x|, even of two as near; 448 for what is larger; NaN's for NaN.
constexpr std::uint8_t e4m3_code(float x) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFFu;
  if (bits > 0x7F800000u) return 0x7F;
  if (bits >= std::bit_cast<std::uint32_t>(448.0f)) return 0x7E;
  // Next to 2^14 the spacing of float32 is 2^-9, that of the subnormals: the sum does the rounding.
  if (bits < std::bit_cast<std::uint32_t>(0x1p-6f)) {
    return static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(std::bit_cast<float>(bits) + 0x1p14f) & 15u);
  }
  return static_cast<std::uint8_t>((bits - (120u << 23) + 0x7FFFFu + (bits >> 20 & 1u)) >> 20);
}

}  // namespace ondol::storage
