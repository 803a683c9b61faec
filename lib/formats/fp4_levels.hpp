#pragma once

#include "formats/search/levels.hpp"

namespace ondol::storage {

/// The values of a four-bit float (a sign, two bits of exponent, one of mantissa), times two. Source: OCP Microscaling
/// Formats (MX) 1.0, E2M1.
inline constexpr float fp4_levels[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

inline constexpr LevelTable<15> fp4_table{.level = {-12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12},
                                          .code = {15, 14, 13, 12, 11, 10, 9, 0, 1, 2, 3, 4, 5, 6, 7}};

}  // namespace ondol::storage
