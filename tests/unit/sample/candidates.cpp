#include "ondol/sampler/candidates.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "ondol/sampler/philox.hpp"
#include "ondol/sampler/weights.hpp"

using ondol::Candidates;
using ondol::Error;
using ondol::Token;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Logits with many ties.
std::vector<float> coarse_logits(std::size_t n, std::uint64_t seed) {
  std::vector<float> logits(n);
  for (std::size_t i = 0; i < n; ++i) logits[i] = std::floor(static_cast<float>(ondol::uniform(seed, i) * 50)) / 5;
  return logits;
}

}  // namespace

TEST_CASE("candidates: the order is logit down, then id up, however far it is looked at") {
  const auto logits = coarse_logits(5000, 3);
  std::vector<Token> expected(logits.size());
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<Token>(i);
  std::stable_sort(expected.begin(), expected.end(), [&](Token a, Token b) {
    return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
  });
  for (const std::size_t n : {1u, 2u, 63u, 64u, 65u, 700u, 4999u, 5000u}) {
    CAPTURE(n);
    Candidates looked(logits), kept(logits);
    kept.keep(n);
    REQUIRE(kept.size() == n);
    std::vector<Token> a, b;
    for (std::size_t i = 0; i < n; ++i) a.push_back(looked.sorted(i).id), b.push_back(kept.sorted(i).id);
    const std::vector<Token> first(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(n));
    CHECK(a == first);
    CHECK(b == first);
  }
  CHECK(Candidates(logits).best() == expected[0]);
}

TEST_CASE("candidates: the total is the same before and after they were looked at") {
  const auto logits = coarse_logits(3000, 4);
  Candidates a(logits), b(logits);
  static_cast<void>(b.sorted(100));
  CHECK(a.total() == b.total());
}

TEST_CASE("candidates: draw finds the token whose interval holds u, also at the edges") {
  const std::vector<float> logits{0, std::log(2.0f), -infinity, 0};  // weights 1, 2, 0, 1 of 4
  const auto draw = [&](double u) { return Candidates(logits).draw(u); };
  CHECK(draw(0) == 0);
  CHECK(draw(0.24) == 0);
  CHECK(draw(0.26) == 1);
  CHECK(draw(0.74) == 1);
  CHECK(draw(0.76) == 3);
  CHECK(draw(std::nextafter(1.0, 0.0)) == 3);
}

TEST_CASE("candidates: a draw does not depend on how large the sorted part is") {
  const auto logits = coarse_logits(2000, 5);
  for (std::uint64_t i = 0; i < 200; ++i) {
    Candidates lazy(logits), full(logits);
    static_cast<void>(full.total());
    static_cast<void>(full.sorted(1999));
    const double u = ondol::uniform(9, i);
    CHECK(lazy.draw(u) == full.draw(u));
  }
}

TEST_CASE("candidates: a logit of -inf is no candidate; NaN, +inf and nothing at all are errors") {
  Candidates c(std::vector<float>{1, -infinity, 2});
  CHECK(c.size() == 2);
  CHECK(c.vocabulary() == 3);
  CHECK(c.probabilities()[1] == 0);
  const auto code = [](auto&& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return ondol::Status::ok;
  };
  CHECK(code([] { Candidates(std::vector<float>{1, std::nanf("")}); }) == ondol::Status::numeric);
  CHECK(code([] { Candidates(std::vector<float>{1, infinity}); }) == ondol::Status::numeric);
  CHECK(code([] { static_cast<void>(Candidates(std::vector<float>{-infinity, -infinity}).draw(0.5)); }) ==
        ondol::Status::numeric);
  CHECK(code([] { static_cast<void>(Candidates(std::vector<float>{}).best()); }) == ondol::Status::numeric);
  CHECK_THROWS_WITH_AS(Candidates(std::vector<float>{1, infinity}),
                       "logit of token 1 is inf, expected a number below infinity", Error);
}

TEST_CASE("candidates: logits may be changed after tokens were removed and sorted") {
  Candidates c(std::vector<float>{1, 5, 3, 4, 2});
  c.keep(3);  // 1, 3, 2
  const std::vector<Token> ids{1, 1, 0};
  c.adjust(ids, [](float logit, std::uint32_t count) { return logit - 2 * static_cast<float>(count); });
  CHECK(c.sorted(0) == Candidates::Entry{4, 3});
  CHECK(c.sorted(1) == Candidates::Entry{3, 2});
  CHECK(c.sorted(2) == Candidates::Entry{1, 1});
  c.remove(std::vector<Token>{3, 0});
  CHECK(c.size() == 2);
  CHECK(c.best() == 2);
}

TEST_CASE("candidates: a large vocabulary is in the same order, whichever way it is looked at") {
  std::uint64_t seed = 7;
  const auto random = [&](std::uint32_t most) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(seed >> 33) % most;
  };
  for (const std::size_t size : {511u, 512u, 513u, 5000u, 40'000u}) {
    for (const std::uint32_t kinds : {1u, 3u, 200u, 1u << 30}) {  // of logits: many are equal
      CAPTURE(size);
      CAPTURE(kinds);
      std::vector<float> logits(size);
      for (float& logit : logits) logit = static_cast<float>(random(kinds)) * (10.0f / static_cast<float>(kinds));
      for (std::size_t i = 0; i < size; i += 1 + random(50)) logits[i] = -std::numeric_limits<float>::infinity();
      std::vector<Candidates::Entry> expected;
      for (std::size_t i = 0; i < size; ++i) {
        if (std::isfinite(logits[i])) expected.push_back({logits[i], static_cast<Token>(i)});
      }
      std::ranges::sort(
          expected, [](const auto& a, const auto& b) { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; });
      Candidates all(logits);
      REQUIRE(all.size() == expected.size());
      CHECK(all.max() == expected[0].logit);
      for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(all.sorted(i) == expected[i]);
      for (const std::size_t n : {1u, 2u, 40u, 300u}) {
        Candidates some(logits);
        some.keep(n);
        REQUIRE(some.size() == std::min<std::size_t>(n, expected.size()));
        for (std::size_t i = 0; i < some.size(); ++i) REQUIRE(some.sorted(i) == expected[i]);
        Candidates looked(logits);
        (void)looked.sorted(std::min<std::size_t>(5, expected.size() - 1));
        looked.remove(std::vector{expected[0].id});
        REQUIRE(looked.best() == expected[1].id);
      }
      Candidates few(logits);
      const auto weight = [&](const Candidates::Entry& entry) {
        float w = 0;
        ondol::weigh({&entry.logit, 1}, expected[0].logit, &w);
        return w;
      };
      const double border = double{weight(expected[expected.size() / 2])};
      few.keep_from(border);
      CHECK(few.size() == static_cast<std::size_t>(std::ranges::count_if(
                              expected, [&](const auto& entry) { return double{weight(entry)} >= border; })));

      Candidates likely(logits);
      const double need = 0.7 * likely.total();
      double seen = 0;
      std::vector<Token> nucleus;
      for (std::size_t i = 0; i < expected.size() && seen < need; ++i) {
        seen += double{weight(expected[i])};
        nucleus.push_back(expected[i].id);
      }
      likely.keep_nucleus(need, 0, [](const Candidates::Entry& entry) { return -double{entry.logit}; });
      std::ranges::sort(nucleus);
      REQUIRE(std::ranges::equal(likely.entries(), nucleus, {}, &Candidates::Entry::id));
    }
  }
}
