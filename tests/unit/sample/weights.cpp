#include "ondol/sampler/weights.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

TEST_CASE("weights: within 2 units in the last place of exp, also in place; 0 for what is gone") {
  std::vector<float> logits;
  for (float x = 5; x >= -80; x -= 0.0071f) logits.push_back(x);
  logits.push_back(-std::numeric_limits<float>::infinity());
  logits.push_back(-std::numeric_limits<float>::max());
  std::vector<float> weights(logits.size()), in_place = logits;
  ondol::weigh(logits, 5, weights.data());
  ondol::weigh(in_place, 5, in_place.data());
  CHECK(in_place == weights);
  CHECK(weights.front() == 1);
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double exact = std::exp(double{logits[i] - 5});
    CHECK(std::fabs(double{weights[i]} - exact) <= exact * 2 * 0x1p-23);
    sum += exact;
  }
  CHECK(ondol::sum_weights(logits, 5) == doctest::Approx(sum).epsilon(1e-6));
  CHECK(ondol::sum_weights({}, 0) == 0);
}
