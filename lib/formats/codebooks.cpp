#include "formats/codebooks.hpp"

namespace ondol::storage {
namespace {

#include "formats/codebooks.inc"

/// A code has as many bits a coordinate as its levels need, the first coordinate lowest.
template <std::size_t size, std::size_t entries, std::size_t levels>
constexpr Points<entries, size> points_of(const std::uint16_t (&codes)[entries], const std::int8_t (&values)[levels]) {
  constexpr unsigned bits = std::bit_width(levels - 1);
  Points<entries, size> points{};
  for (std::size_t i = 0; i < entries; ++i) {
    for (std::size_t j = 0; j < size; ++j) points[i][j] = values[codes[i] >> bits * j & ((1u << bits) - 1u)];
  }
  return points;
}

}  // namespace

constinit const Points<256, 8> iq2_xxs_points = points_of<8>(iq2_xxs_codes, iq2_levels);
constinit const Points<512, 8> iq2_xs_points = points_of<8>(iq2_xs_codes, iq2_levels);
constinit const Points<1024, 8> iq2_s_points = points_of<8>(iq2_s_codes, iq2_levels);
constinit const Points<256, 4> iq3_xxs_points = points_of<4>(iq3_xxs_codes, iq3_xxs_levels);
constinit const Points<512, 4> iq3_s_points = points_of<4>(iq3_s_codes, iq3_s_levels);
constinit const Points<2048, 8> iq1_points = points_of<8>(iq1_codes, iq1_levels);

}  // namespace ondol::storage
