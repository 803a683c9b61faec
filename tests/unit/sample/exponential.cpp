#include "ondol/sampler/exponential.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

TEST_CASE("exponential: within 2 units in the last place of exp, for all that a weight can be") {
  double worst = 0;
  for (float x = 0; x >= -87; x -= 0.00071f) {
    const double exact = std::exp(double{x});
    worst = std::max(worst, std::fabs(double{ondol::exponential(x)} - exact) / exact);
  }
  CHECK(worst < 2 * 0x1p-23);
  CHECK(ondol::exponential(0) == 1);
  CHECK(ondol::exponential(-0.0f) == 1);
  CHECK(ondol::exponential(-87.01f) == 0);
  CHECK(ondol::exponential(-std::numeric_limits<float>::max()) == 0);
  CHECK(ondol::exponential(-std::numeric_limits<float>::infinity()) == 0);
}
