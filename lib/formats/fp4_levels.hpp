#pragma once

namespace ondol::storage {

/// The values of a four-bit float (a sign, two bits of exponent, one of mantissa), times two. Source: OCP Microscaling
/// Formats (MX) 1.0, E2M1.
inline constexpr float fp4_levels[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

}  // namespace ondol::storage
