#include "blocks/router.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using namespace ondol;

std::vector<Router::Choice> choose(const Router& router, const std::vector<float>& logits,
                                   const std::vector<float>& bias = {}) {
  std::vector<float> scratch(router.scratch());
  std::vector<Router::Choice> chosen(router.used);
  router.choose(logits.data(), bias.empty() ? nullptr : bias.data(), scratch.data(), chosen.data());
  return chosen;
}

void check(const std::vector<Router::Choice>& found, const std::vector<std::uint32_t>& experts,
           const std::vector<double>& weights) {
  REQUIRE(found.size() == experts.size());
  for (std::size_t i = 0; i < experts.size(); ++i) {
    CHECK(found[i].expert == experts[i]);
    CHECK(std::fabs(found[i].weight - weights[i]) <= 1e-6);
  }
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("router: two of four by hand, weighed among themselves or among all") {  // EXAMPLES T20
  const std::vector<float> logits{1.0f, 3.0f, 0.5f, 2.0f};
  Router router{.experts = 4, .used = 2, .scoring = Router::Scoring::softmax_of_chosen};
  check(choose(router, logits), {1, 3}, {0.731059, 0.268941});
  router.scoring = Router::Scoring::softmax;
  router.normalise = true;
  check(choose(router, logits), {1, 3}, {0.731059, 0.268941});
  router.normalise = false;
  double total = 0;
  for (const float logit : logits) total += std::exp(double(logit));
  check(choose(router, logits), {1, 3}, {std::exp(3.0) / total, std::exp(2.0) / total});
  router.scale = 2.5;
  check(choose(router, logits), {1, 3}, {2.5 * std::exp(3.0) / total, 2.5 * std::exp(2.0) / total});
}

TEST_CASE("router: a bias moves the choice, not the weights") {
  const Router router{.experts = 4, .used = 2, .scoring = Router::Scoring::sigmoid};
  const std::vector<float> logits{1.0f, 3.0f, 0.5f, 2.0f};
  check(choose(router, logits), {1, 3}, {sigmoid(3), sigmoid(2)});
  check(choose(router, logits, {0.5f, 0, 0, 0}), {0, 1}, {sigmoid(1), sigmoid(3)});
  check(choose(router, logits, {0, -1, 0.5f, 0}), {2, 3}, {sigmoid(0.5), sigmoid(2)});
}

TEST_CASE("router: groups are judged by their best expert, with sigmoids by their best two") {
  // Best by group: 4, 3, 2, 1; best two: 4 + 0, 3 + 2.9, 2 + 1.9, 1 + 0.9.
  const std::vector<float> logits{4, 0, 3, 2.9f, 2, 1.9f, 1, 0.9f};
  Router router{.experts = 8, .used = 2, .scoring = Router::Scoring::softmax, .groups = 4, .top_groups = 1};
  CHECK(choose(router, logits)[0].expert == 0);
  CHECK(choose(router, logits)[1].expert == 1);  // nothing else is left
  router.top_groups = 2;
  CHECK(choose(router, logits)[1].expert == 2);
  router.scoring = Router::Scoring::sigmoid;
  router.top_groups = 1;
  check(choose(router, logits), {2, 3}, {sigmoid(3), sigmoid(2.9)});
}

TEST_CASE("router: SparseMixer weighs each among those near it") {
  const Router router{.experts = 4, .used = 2, .scoring = Router::Scoring::sparse_mixer, .jitter = 0.1};
  // 2 is best; 1.9 is within 20 % of it, 1 and -3 are not. Then 1.9 with nothing near, or 2 taken out of the sum.
  check(choose(router, {1, 2, 1.9f, -3}), {1, 2}, {1 / (1 + std::exp(-0.1)), 1});
  // Nearness is relative to the larger magnitude: -1.9 and -2 are near, 1 and -1 are not.
  check(choose(router, {-1.9f, -2, -4, -1.8f}), {0, 3},
        {1 / (1 + std::exp(-0.1)), 1 / (1 + std::exp(-0.1) + std::exp(-0.2))});
}

TEST_CASE("router: equal scores take the lower expert, what is no number shows in the weights and is chosen once") {
  for (const auto scoring : {Router::Scoring::softmax, Router::Scoring::sigmoid, Router::Scoring::softmax_of_chosen,
                             Router::Scoring::sparse_mixer}) {
    CAPTURE(int(scoring));
    const Router router{.experts = 5, .used = 3, .scoring = scoring, .jitter = 0.01};
    const auto equal = choose(router, {1, 1, 1, 1, 1});
    for (std::uint32_t i = 0; i < 3; ++i) CHECK(equal[i].expert == i);
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    const auto broken = choose(router, {nan, nan, nan, nan, nan});
    CHECK(broken[0].expert < broken[1].expert);
    CHECK(broken[1].expert < broken[2].expert);
    CHECK(broken[2].expert < 5);
    if (scoring != Router::Scoring::sparse_mixer) CHECK(std::isnan(broken[0].weight));
  }
}
