#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ondol::storage {

/// The points that a run of 8 or 4 weights of an IQ format may take, apart from its scale (and, but for IQ1, signs).
/// They are also sorted for searches: by the pattern of levels of the lower half of their coordinates.
template <std::size_t entries, std::size_t size_, std::size_t levels_>
struct Codebook {
  static constexpr std::size_t size = size_;
  static constexpr std::size_t levels = levels_;
  static constexpr std::size_t patterns = size == 8 ? levels * levels * levels * levels : levels * levels;
  using Point = std::array<std::int8_t, size>;

  std::array<std::int8_t, levels> level;          ///< what a coordinate can be
  std::array<Point, entries> point;               ///< in the order of the files' indices
  std::array<std::uint16_t, patterns + 1> first;  ///< where the points of a lower pattern begin in the next two
  std::array<std::uint16_t, entries> entry;       ///< index of the point
  std::array<std::uint8_t, entries> upper;        ///< pattern of its upper half; the first coordinate counts least
};

extern const Codebook<256, 8, 3> iq2_xxs_codebook;
extern const Codebook<512, 8, 3> iq2_xs_codebook;
extern const Codebook<1024, 8, 3> iq2_s_codebook;
extern const Codebook<256, 4, 8> iq3_xxs_codebook;
extern const Codebook<512, 4, 8> iq3_s_codebook;
extern const Codebook<2048, 8, 3> iq1_codebook;  ///< IQ1_S and IQ1_M

/// Every weight of an IQ1 format is off its point by as much, one way or the other.
inline constexpr float iq1_delta = 0.125f;

/// Eight signs stored in seven bits: bit j set = weight j negative, the number of negative ones is even.
constexpr unsigned even_signs(unsigned seven) noexcept {
  return seven | (static_cast<unsigned>(std::popcount(seven)) & 1u) << 7;
}

/// out[j] = scale * point[j], negative where bit j of `signs` is set.
template <std::size_t size>
void unpack_point(float scale, const std::array<std::int8_t, size>& point, unsigned signs, float* out) noexcept {
  for (std::size_t j = 0; j < size; ++j) {
    out[j] = scale * static_cast<float>(signs >> j & 1u ? -point[j] : point[j]);
  }
}

}  // namespace ondol::storage
