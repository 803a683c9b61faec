#include "ondol/sampler/philox.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>

using Words = std::array<std::uint32_t, 4>;

TEST_CASE("philox: the known answers of Random123 1.14") {
  CHECK(ondol::philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(ondol::philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(ondol::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("uniform: 53 bits of the first two words, in [0, 1)") {
  CHECK(ondol::uniform(0, 0) == static_cast<double>(0xe169c58d6627e8d5 >> 11) / 9007199254740992.0);
  CHECK(ondol::uniform(1, 0) != ondol::uniform(0, 1));
  CHECK(ondol::uniform(std::uint64_t{1} << 32, 0) != ondol::uniform(0, 0));
  double sum = 0;
  for (std::uint64_t position = 0; position < 10000; ++position) {
    const double u = ondol::uniform(7, position);
    REQUIRE((u >= 0 && u < 1));
    sum += u;
  }
  CHECK(sum / 10000 == doctest::Approx(0.5).epsilon(0.02));
}
