#include "ondol/sampler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace ondol;  // NOLINT: the steps' names are the subject

namespace {

const std::vector<float> korean{2.0f, 1.5f, 1.0f, 0.0f, -1.0f};  // T4

std::vector<double> after(const std::vector<SamplerStep>& steps, const std::vector<float>& logits,
                          const std::vector<Token>& history = {}) {
  Candidates c(logits);
  Sampler{.steps = steps, .seed = {}}.apply(c, {history});
  return c.probabilities();
}

void check_near(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(std::fabs(found[i] - expected[i]) <= 1e-6);
    CHECK((found[i] == 0) == (expected[i] == 0));
  }
}

/// Logits that are left, by id.
std::vector<float> logits_after(const std::vector<SamplerStep>& steps, const std::vector<float>& logits,
                                const std::vector<Token>& history) {
  Candidates c(logits);
  Sampler{.steps = steps, .seed = {}}.apply(c, {history});
  std::vector<float> out(logits.size(), -std::numeric_limits<float>::infinity());
  for (const auto& entry : c.entries()) out[static_cast<std::size_t>(entry.id)] = entry.logit;
  return out;
}

void check_logits(const std::vector<float>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::fabs(double{found[i]} - expected[i]) <= 1e-6);
}

std::string message(const SamplerStep& step) {
  try {
    static_cast<void>(after({step}, korean));
  } catch (const Error& error) {
    CHECK(error.code() == Status::invalid_argument);
    return error.what();
  }
  return "no error";
}

const float not_a_number = std::numeric_limits<float>::quiet_NaN();
const float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("sampler: temperature, top-k, top-p, min-p on given logits (T4)") {
  check_near(after({Temperature{1}}, korean), {0.4630632, 0.280862, 0.1703514, 0.0626688, 0.0230546});
  check_near(after({Temperature{0.5f}}, korean), {0.6561641, 0.2413893, 0.0888021, 0.0120181, 0.0016265});
  check_near(after({Temperature{2}}, korean), {0.335983, 0.2616638, 0.203784, 0.1236012, 0.0749679});
  check_near(after({TopK{2}}, korean), {0.6224593, 0.3775407, 0, 0, 0});
  check_near(after({TopP{0.7f}}, korean), {0.6224593, 0.3775407, 0, 0, 0});
  check_near(after({TopP{0.9f}}, korean), {0.5064804, 0.3071959, 0.1863237, 0, 0});
  check_near(after({MinP{0.3f}}, korean), {0.5064804, 0.3071959, 0.1863237, 0, 0});
  check_near(after({Temperature{0.7f}, TopK{4}, TopP{0.9f}}, korean), {0.5783045, 0.2831042, 0.1385913, 0, 0});
  check_near(after({TopP{0.9f}, Temperature{2}}, korean), {0.419229, 0.3264958, 0.2542752, 0, 0});
  check_near(after({Temperature{2}, TopP{0.9f}}, korean), {0.3632123, 0.28287, 0.2202994, 0.1336183, 0});
}

TEST_CASE(
    "sampler: greedy is temperature 0, no steps, or a temperature too small to divide by; ties go to the lower id") {
  const std::vector<float> tie{1, 3, 3, 2, 3};
  const std::vector<double> expected{0, 1, 0, 0, 0};
  check_near(after({Temperature{0}}, tie), expected);
  check_near(after({Greedy{}}, tie), expected);
  check_near(after({}, tie), expected);
  check_near(after({Temperature{1e-45f}}, tie), expected);
  check_near(after({TopK{1}}, tie), expected);
  check_near(after({TopK{2}}, tie), {0, 0.5, 0.5, 0, 0});
  check_near(after({TopP{0.2f}}, tie), expected);
}

TEST_CASE("sampler: draws fit the distribution (T5)") {
  const Sampler sampler{{Temperature{0.7f}, TopK{4}, TopP{0.9f}}, {}};
  const double p[] = {0.5783045, 0.2831042, 0.1385913};
  double counts[5] = {};
  Candidates c;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    c.assign(korean);
    ++counts[sampler.sample(c, {}, seed, 5)];
  }
  CHECK(counts[3] == 0);
  CHECK(counts[4] == 0);
  double chi_square = 0;
  for (int i = 0; i < 3; ++i) chi_square += (counts[i] - 20000 * p[i]) * (counts[i] - 20000 * p[i]) / (20000 * p[i]);
  CHECK(chi_square < 18.4);

  c.assign(korean);
  const Token once = sampler.sample(c, {}, 17, 3);
  c.assign(korean);
  CHECK(sampler.sample(c, {}, 17, 3) == once);
}

TEST_CASE("sampler: penalties over the history (T18)") {
  const std::vector<float> logits{3.0f, 2.0f, -1.0f, 0.5f, -0.5f};
  const std::vector<Token> history{0, 2, 0};
  const SamplerStep repetition = RepetitionPenalty{1.3f}, frequency = FrequencyPenalty{0.4f},
                    presence = PresencePenalty{0.6f};
  check_logits(logits_after({repetition}, logits, history), {2.307692, 2.0, -1.3, 0.5, -0.5});
  check_logits(logits_after({frequency}, logits, history), {2.2, 2.0, -1.4, 0.5, -0.5});
  check_logits(logits_after({presence}, logits, history), {2.4, 2.0, -1.6, 0.5, -0.5});
  check_logits(logits_after({repetition, frequency, presence}, logits, history), {0.907692, 2.0, -2.3, 0.5, -0.5});
  check_near(after({repetition, frequency, presence}, logits, history),
             {0.2027786, 0.6045126, 0.0082024, 0.134885, 0.0496214});
}

TEST_CASE("sampler: penalties look at the last tokens only, if asked") {
  const std::vector<float> logits{3, 2, -1};
  const std::vector<Token> history{0, 1, 1};
  check_logits(logits_after({FrequencyPenalty{1, 2}}, logits, history), {3, 0, -1});
  check_logits(logits_after({PresencePenalty{1, 9}}, logits, history), {2, 1, -1});
  check_logits(logits_after({RepetitionPenalty{2, 1}}, logits, history), {3, 1, -1});
}

TEST_CASE("sampler: no-repeat n-gram (T18)") {
  const auto banned = [](std::size_t n, const std::vector<Token>& history) {
    return NoRepeatNgram{n}.banned({history});
  };
  using Ids = std::vector<Token>;
  CHECK(banned(2, {1, 2, 3, 1, 2}) == Ids{3});
  CHECK(banned(3, {1, 2, 3, 1, 2}) == Ids{3});
  CHECK(banned(3, {5, 6, 7, 5, 6, 8, 5, 6}) == Ids{7, 8});
  CHECK(banned(2, {4, 4, 4}) == Ids{4, 4});
  CHECK(banned(3, {1, 2}).empty());
  CHECK(banned(1, {1, 2}) == Ids{1, 2});
  check_near(after({NoRepeatNgram{2}}, {1, 1, 5}, {2, 0, 1, 2, 0, 2, 1, 2}), {0, 0, 1});
}

TEST_CASE("sampler: locally typical keeps what is nearest to the entropy") {
  // p = 0.6, 0.2, 0.1, 0.1: H = 1.0889; |-log p - H| = 0.578, 0.5205, 1.2137, 1.2137: order 1, 0, 2, 3.
  const std::vector<float> logits{std::log(0.6f), std::log(0.2f), std::log(0.1f), std::log(0.1f)};
  check_near(after({Typical{0.15f}}, logits), {0, 1, 0, 0});
  check_near(after({Typical{0.5f}}, logits), {0.75, 0.25, 0, 0});
  check_near(after({Typical{0.85f}}, logits), {0.6666667, 0.2222222, 0.1111111, 0});
  check_near(after({Typical{1}}, logits), {0.6, 0.2, 0.1, 0.1});
}

TEST_CASE("sampler: typical on a large vocabulary equals the plain definition") {
  std::vector<float> logits(4000);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(8 * uniform(1, i));
  double total = 0, entropy = 0;
  for (const float logit : logits) total += std::exp(double{logit});
  const auto p = [&](std::size_t i) { return std::exp(double{logits[i]}) / total; };
  for (std::size_t i = 0; i < logits.size(); ++i) entropy -= p(i) * std::log(p(i));
  std::vector<std::size_t> order(logits.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::fabs(-std::log(p(a)) - entropy) < std::fabs(-std::log(p(b)) - entropy);
  });
  std::vector<double> expected(logits.size());
  double seen = 0;
  for (std::size_t n = 0; seen < 0.4; ++n) seen += expected[order[n]] = p(order[n]);
  for (double& value : expected) value /= seen;
  check_near(after({Typical{0.4f}}, logits), expected);
}

TEST_CASE("sampler: bias and bans; a bias of -inf is a ban, and a step sees what earlier ones left") {
  check_logits(logits_after({LogitBias{{{0, 1.5f}, {2, -1.0f}, {0, 0.5f}}}}, {1, 2, 3}, {}), {3, 2, 2});
  check_near(after({LogitBias{{{1, -infinity}}}}, {1, 2, 1}), {0.5, 0, 0.5});
  check_near(after({BannedTokens{{1, 1}}}, {1, 2, 1}), {0.5, 0, 0.5});
  check_near(after({TopK{2}, BannedTokens{{1}}, LogitBias{{{0, 9.0f}}}}, {1, 3, 2}), {0, 0, 1});
  Candidates c(korean);
  CHECK_THROWS_WITH_AS((static_cast<void>(Sampler{{BannedTokens{{0, 1, 2, 3, 4}}}, {}}.sample(c, {}, 0, 0))),
                       "no token is left to choose from: all have probability 0", Error);
}

TEST_CASE("sampler: of a large vocabulary top-p and typical keep what sorting all of it would keep") {
  for (const float spread : {0.2f, 2.0f, 20.0f, 60.0f}) {
    std::vector<float> logits(20'000);
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double u = uniform(3, i);
      logits[i] = i % 100 == 0 ? -infinity : spread * static_cast<float>(u * u);
    }
    Candidates all(logits);
    struct One {
      double p, distance;
      Token id;
    };
    std::vector<One> order;
    double entropy = 0;
    all.each(0, [&](const Candidates::Entry& entry, float weight) {
      order.push_back({double{weight} / all.total(), 0, entry.id});
      if (weight > 0) entropy -= order.back().p * std::log(order.back().p);
    });
    const auto kept = [&](const SamplerStep& step) {
      Candidates c(logits);
      Sampler{.steps = {step}, .seed = {}}.apply(c, {});
      return c.size();
    };
    const auto fewest = [&](double p) {
      double seen = 0;
      std::size_t n = 0;
      while (n < order.size() && seen < p) seen += order[n++].p;
      return static_cast<double>(n);
    };
    for (const float p : {0.05f, 0.5f, 0.9f, 0.99f, 0.9999f}) {
      CAPTURE(spread);
      CAPTURE(p);
      std::ranges::sort(order, [](const One& a, const One& b) { return a.p > b.p; });
      CHECK(std::fabs(static_cast<double>(kept(TopP{p})) - fewest(double{p})) <= 1);
      for (One& one : order) one.distance = std::fabs(-std::log(one.p) - entropy);
      std::ranges::sort(order, [](const One& a, const One& b) { return a.distance < b.distance; });
      CHECK(std::fabs(static_cast<double>(kept(Typical{p})) - fewest(double{p})) <= 1);
    }
  }
}

TEST_CASE("sampler: a bad parameter is an error that names it") {
  CHECK(message(Temperature{not_a_number}) == "temperature is nan, expected 0 or above, finite");
  CHECK(message(Temperature{-0.5f}) == "temperature is -0.5, expected 0 or above, finite");
  CHECK(message(Temperature{infinity}) == "temperature is inf, expected 0 or above, finite");
  CHECK(message(TopP{0}) == "top_p is 0, expected above 0 and at most 1");
  CHECK(message(TopP{not_a_number}) == "top_p is nan, expected above 0 and at most 1");
  CHECK(message(MinP{1.5f}) == "min_p is 1.5, expected 0 .. 1");
  CHECK(message(MinP{not_a_number}) == "min_p is nan, expected 0 .. 1");
  CHECK(message(Typical{-1}) == "typical_p is -1, expected above 0 and at most 1");
  CHECK(message(RepetitionPenalty{0}) == "repetition_penalty is 0, expected above 0, finite");
  CHECK(message(FrequencyPenalty{not_a_number}) == "frequency_penalty is nan, expected a finite number");
  CHECK(message(PresencePenalty{infinity}) == "presence_penalty is inf, expected a finite number");
  CHECK(message(NoRepeatNgram{0}) == "no_repeat_ngram is 0, expected at least 1");
  CHECK(message(LogitBias{{{5, 1.0f}}}) == "logit_bias: token 5 is outside of the vocabulary of 5");
  CHECK(message(LogitBias{{{1, not_a_number}}}) == "logit_bias is nan, expected a number below infinity");
  CHECK(message(BannedTokens{{-1}}) == "banned_tokens: token -1 is outside of the vocabulary of 5");
  CHECK_THROWS_WITH_AS(after({PresencePenalty{1}}, korean, {7}), "history: token 7 is outside of the vocabulary of 5",
                       Error);
  CHECK_THROWS_AS((Sampler{{TopK{3}, TopP{2}}, {}}.check(5)), Error);
}

TEST_CASE("sampler: steps are values that compare and print") {
  CHECK(SamplerStep(TopK{3}) == SamplerStep(TopK{3}));
  CHECK(SamplerStep(TopK{3}) != SamplerStep(TopK{4}));
  CHECK(SamplerStep(TopP{0.5f}) != SamplerStep(MinP{0.5f}));
  CHECK(to_string(Sampler{{Temperature{0.7f}, TopK{40}, LogitBias{{{1, 2.0f}}}}, {}}) ==
        "temperature 0.7, top_k 40, logit_bias 1");
  CHECK(to_string(Sampler{}) == "greedy");
}

TEST_CASE("sampler: settings make the chain in the customary order and leave out what does nothing") {
  CHECK(SamplerSettings{}.sampler() == Sampler{{Temperature{0}}, {}});
  const Sampler chain = SamplerSettings{.temperature = 0.8f,
                                        .top_k = 40,
                                        .top_p = 0.9f,
                                        .repetition_penalty = 1.1f,
                                        .penalty_last_n = 64,
                                        .banned_tokens = {3},
                                        .seed = 5}
                            .sampler();
  CHECK(chain == Sampler{{BannedTokens{{3}}, RepetitionPenalty{1.1f, 64}, Temperature{0.8f}, TopK{40}, TopP{0.9f}}, 5});
}
