#include "base/checked.hpp"

#include <doctest/doctest.h>

TEST_CASE("checked: sums and products that leave 64 bits are nothing") {
  constexpr std::uint64_t top = ~std::uint64_t{0};
  CHECK(ondol::checked_add(top - 5, 5) == top);
  CHECK_FALSE(ondol::checked_add(top - 5, 6).has_value());
  CHECK_FALSE(ondol::checked_add(top, top).has_value());
  CHECK(ondol::checked_multiply(0, top) == 0);
  CHECK(ondol::checked_multiply(std::uint64_t{1} << 32, (std::uint64_t{1} << 32) - 1) == top - 0xFFFFFFFFu);
  CHECK_FALSE(ondol::checked_multiply(std::uint64_t{1} << 32, std::uint64_t{1} << 32).has_value());
  CHECK_FALSE(ondol::checked_multiply(top, 2).has_value());
}
