#include "generate/log_softmax.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/kernels.hpp"
#include "ondol/error.hpp"

namespace {

const ondol::ElementwiseKernels& base() { return *ondol::kernels(ondol::Isa::base).elementwise; }

}  // namespace

TEST_CASE("log softmax: values and entropy of the definition in double") {
  std::mt19937 random(3);
  for (const std::size_t n : {1u, 7u, 512u, 50001u}) {
    CAPTURE(n);
    std::vector<float> logits(n);
    for (float& x : logits) x = static_cast<float>(random() % 4000) / 100 - 20;
    double total = 0;
    for (const float x : logits) total += std::exp(double{x} - 20);
    double entropy = 0;
    const ondol::LogSoftmax log_p(logits, base());
    for (std::size_t i = 0; i < n; ++i) {
      const double expected = double{logits[i]} - 20 - std::log(total);
      entropy -= std::exp(expected) * expected;
      REQUIRE(std::fabs(double{log_p(i)} - expected) < 5e-6);
    }
    CHECK(std::fabs(double{log_p.entropy()} - entropy) < 1e-5);
  }
}

TEST_CASE("log softmax: a removed token has -inf and adds nothing; huge logits do not overflow") {
  const std::vector<float> logits{3e38f, -std::numeric_limits<float>::infinity(), 3e38f};
  const ondol::LogSoftmax log_p(logits, base());
  CHECK(log_p(0) == doctest::Approx(-std::log(2.0)));
  CHECK(log_p(1) == -std::numeric_limits<float>::infinity());
  CHECK(log_p.entropy() == doctest::Approx(std::log(2.0)));
}

TEST_CASE("log softmax: NaN, +inf and nothing but -inf are numeric errors") {
  const float inf = std::numeric_limits<float>::infinity();
  for (const std::vector<float>& logits :
       {std::vector<float>{1, std::nanf(""), 2}, std::vector<float>{1, inf}, std::vector<float>{-inf, -inf}}) {
    CHECK_THROWS_AS(ondol::LogSoftmax(logits, base()), ondol::Error);
  }
}
