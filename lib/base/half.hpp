#pragma once

#include <bit>
#include <cstdint>

namespace ondol {

/// Float16 (IEEE 754 binary16) and bfloat16 to and from float32, as bits. Exact one way, rounded to nearest even the
/// other; infinities stay, NaNs stay NaNs. Without branches, so that loops over them become vector code.

[[nodiscard]] inline float half_to_float(std::uint16_t bits) noexcept {
  const std::uint32_t magnitude = bits & 0x7FFFu;
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t rebias = magnitude >= 0x7C00u ? 224u << 23 : 112u << 23;  // infinity and NaN: exponent to 255
  const std::uint32_t normal = (magnitude << 13) + rebias;
  // A subnormal is a whole number of 2^-24; through an integer it does not depend on the host's flush-to-zero mode.
  const auto subnormal =
      std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f);
  return std::bit_cast<float>((magnitude < 0x0400u ? subnormal : normal) | sign);
}

[[nodiscard]] inline std::uint16_t float_to_half(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const std::uint32_t normal = (magnitude - (112u << 23) + 0xFFFu + (magnitude >> 13 & 1u)) >> 13;
  // Next to 0.5 the spacing of float32 is 2^-24, that of float16's subnormals: the sum does the rounding.
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000u;
  const std::uint32_t special = magnitude > 0x7F800000u ? 0x7E00u | (magnitude >> 13 & 0x3FFu) : 0x7C00u;
  const std::uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
  return static_cast<std::uint16_t>(sign | (magnitude >= 0x47800000u ? special : finite));
}

[[nodiscard]] inline float bfloat_to_float(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

[[nodiscard]] inline std::uint16_t float_to_bfloat(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
  const std::uint32_t quiet = bits >> 16 | 0x40u;
  return static_cast<std::uint16_t>((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet : rounded);
}

}  // namespace ondol
