#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ondol::storage {

/// The points that a run of 8 or 4 weights of an IQ format may take, apart from its scale (and, but for IQ1, signs).
template <std::size_t entries, std::size_t size>
using Points = std::array<std::array<std::int8_t, size>, entries>;

/// Values of a coordinate, in the order of the codes. Source: ggml's grids of the same names.
inline constexpr std::int8_t iq2_levels[] = {8, 25, 43};
inline constexpr std::int8_t iq3_xxs_levels[] = {4, 12, 20, 28, 36, 44, 52, 62};
inline constexpr std::int8_t iq3_s_levels[] = {1, 3, 5, 7, 9, 11, 13, 15};
inline constexpr std::int8_t iq1_levels[] = {-1, 0, 1};

extern const Points<256, 8> iq2_xxs_points;
extern const Points<512, 8> iq2_xs_points;
extern const Points<1024, 8> iq2_s_points;
extern const Points<256, 4> iq3_xxs_points;
extern const Points<512, 4> iq3_s_points;
extern const Points<2048, 8> iq1_points;  ///< IQ1_S and IQ1_M

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
