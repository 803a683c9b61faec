#include "blocks/distance.hpp"

#include <doctest/doctest.h>

namespace ondol {

TEST_CASE("distance: small ones have buckets of their own, large ones share them") {
  const DistanceBuckets both{.count = 32, .max_distance = 128, .both_directions = true};
  // Of key - query: keys behind the query (a positive distance) have the upper half.
  CHECK(both(0) == 0);
  CHECK(both(-1) == 1);
  CHECK(both(-7) == 7);
  CHECK(both(-8) == 8);
  CHECK(both(1) == 17);
  CHECK(both(7) == 23);
  CHECK(both(-127) == 15);
  CHECK(both(-100'000) == 15);
  CHECK(both(100'000) == 31);
  const DistanceBuckets before{.count = 32, .max_distance = 128, .both_directions = false};
  CHECK(before(5) == 0);
  CHECK(before(-15) == 15);
  CHECK(before(-16) == 16);
  CHECK(before(-127) == 31);
  for (std::int64_t d = 1; d < 200; ++d) {
    CHECK(before(-d) >= before(-d + 1));
    CHECK(before(-d) < before.count);
  }
}

TEST_CASE("distance: signed buckets keep the sign, and short distances") {
  CHECK(signed_bucket(0, 256, 512) == 0);
  CHECK(signed_bucket(128, 256, 512) == 128);
  CHECK(signed_bucket(-128, 256, 512) == -128);
  CHECK(signed_bucket(511, 256, 512) == 255);
  CHECK(signed_bucket(-511, 256, 512) == -255);
  CHECK(signed_bucket(300, 0, 512) == 300);
  for (std::int64_t d = 1; d < 512; ++d) {
    CHECK(signed_bucket(-d, 256, 512) == -signed_bucket(d, 256, 512));
    CHECK(signed_bucket(d, 256, 512) >= signed_bucket(d - 1, 256, 512));
  }
}

}  // namespace ondol
