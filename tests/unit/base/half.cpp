#include "base/half.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace {

/// The value of float16 bits by the definition of IEEE 754, in double.
double half_value(unsigned bits) {
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const double fraction = bits & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

bool finite_half(unsigned bits) { return (bits >> 10 & 31) != 31; }

/// The nearest float16 of a finite non-negative value, ties to the even one, by search over neighbours.
unsigned nearest_half(double value) {
  unsigned low = 0;
  unsigned high = 0x7C00;  // stands for 65536, where infinity begins to be nearest half way
  while (high - low > 1) {
    const unsigned middle = (low + high) / 2;
    (half_value(middle) <= value ? low : high) = middle;
  }
  const double below = value - half_value(low);
  const double above = (high == 0x7C00 ? 65536.0 : half_value(high)) - value;
  if (below != above) return below < above ? low : high;
  return low % 2 == 0 ? low : high;
}

}  // namespace

TEST_CASE("half: every float16 has the value that IEEE 754 gives it, and comes back") {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = ondol::half_to_float(half);
    if (finite_half(bits)) {
      REQUIRE(static_cast<double>(value) == half_value(bits));
      REQUIRE(std::signbit(value) == (bits >> 15 != 0));
      REQUIRE(ondol::float_to_half(value) == half);
    } else if ((bits & 1023) == 0) {
      REQUIRE(value == (bits >> 15 ? -1 : 1) * std::numeric_limits<float>::infinity());
      REQUIRE(ondol::float_to_half(value) == half);
    } else {
      REQUIRE(std::isnan(value));
      REQUIRE(std::isnan(ondol::half_to_float(ondol::float_to_half(value))));
    }
  }
}

TEST_CASE("half: float32 goes to the nearest float16, ties to even") {
  std::mt19937 random(1);
  for (int i = 0; i < 300000; ++i) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random() & 0x7FFFFFFFu));
    if (!std::isfinite(value)) continue;
    const unsigned expected = value >= 65536.0f ? 0x7C00u : nearest_half(value);
    REQUIRE(ondol::float_to_half(value) == expected);
    REQUIRE(ondol::float_to_half(-value) == (expected | 0x8000u));
  }
  for (unsigned bits = 0; bits < 0x7C00; ++bits) {  // the exact middles and their neighbours
    const double next = bits + 1 == 0x7C00 ? 65536.0 : half_value(bits + 1);
    const auto middle = static_cast<float>((half_value(bits) + next) / 2);
    REQUIRE(ondol::float_to_half(middle) == bits + (bits & 1));
    REQUIRE(ondol::float_to_half(std::nextafter(middle, 0.0f)) == bits);
    REQUIRE(ondol::float_to_half(std::nextafter(middle, 1e30f)) == bits + 1);
  }
}

TEST_CASE("half: bfloat16 is the upper half of float32, rounded to nearest even") {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = ondol::bfloat_to_float(half);
    REQUIRE(std::bit_cast<std::uint32_t>(value) == bits << 16);
    const bool nan = (bits & 0x7FFF) > 0x7F80;
    REQUIRE(ondol::float_to_bfloat(value) == (nan ? bits | 0x40 : bits));
    if ((bits & 0x7F80) == 0x7F80) continue;
    const std::uint32_t middle = (bits << 16) + 0x8000;
    REQUIRE(ondol::float_to_bfloat(std::bit_cast<float>(middle)) == bits + (bits & 1));
    REQUIRE(ondol::float_to_bfloat(std::bit_cast<float>(middle - 1)) == bits);
    REQUIRE(ondol::float_to_bfloat(std::bit_cast<float>(middle + 1)) == bits + 1);
  }
  CHECK(std::isnan(ondol::bfloat_to_float(ondol::float_to_bfloat(std::bit_cast<float>(0x7F800001u)))));
}
