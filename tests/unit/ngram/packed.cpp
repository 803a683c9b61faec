#include "ngram/packed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "ngram/values.hpp"
#include "runtime/state.hpp"

namespace {

using namespace ondol;
using namespace ondol::ngram;

Account account() { return Runtime::shared().state()->memory; }

}  // namespace

TEST_CASE("packed rows: every width at every place gives back what was set") {
  std::mt19937 random(1);
  for (const unsigned width : {0u, 1u, 7u, 18u, 31u, 32u}) {
    const Field first{0, width};
    const Field second{width, 32};
    const Field third{width + 32, 17};
    PackedRows rows(account(), 333, width + 49, "test");
    const std::uint32_t mask = width == 32 ? ~0u : (1u << width) - 1;
    std::vector<std::uint32_t> values(3 * 333);
    for (std::uint32_t& value : values) value = static_cast<std::uint32_t>(random());
    for (std::size_t i = 0; i < 333; ++i) {
      rows.set(i, first, values[3 * i] &= mask);
      rows.set(i, second, values[3 * i + 1]);
      rows.set(i, third, values[3 * i + 2] &= (1u << 17) - 1);
    }
    for (std::size_t i = 0; i < 333; ++i) {
      CHECK(rows.get(i, first) == values[3 * i]);
      CHECK(rows.get(i, second) == values[3 * i + 1]);
      CHECK(rows.get(i, third) == values[3 * i + 2]);
    }
  }
}

TEST_CASE("values: few are kept as they are, many within half a step") {
  std::vector<float> few{-0.5f, -99, -0.0f, 0.3f, -1e30f, -std::numeric_limits<float>::infinity(), -0.5f};
  const std::vector<float> given = few;
  const Values exact(account(), few);
  for (const float value : given) CHECK(exact.decode(exact.encode(value)) == double{value});
  CHECK(exact.bits() == 3);

  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(-7, 1);
  std::vector<float> many(100000);
  for (float& value : many) value = uniform(random);
  many.push_back(-std::numeric_limits<float>::infinity());
  const std::vector<float> before = many;
  const Values stepped(account(), many);
  double worst = 0;
  for (std::size_t i = 0; i + 1 < before.size(); ++i) {
    worst = std::max(worst, std::abs(stepped.decode(stepped.encode(before[i])) - double{before[i]}));
  }
  CHECK(worst <= Values::step / 2 * 1.0000001);
  CHECK(worst > Values::step / 8);  // that many values are not kept as they are
  CHECK(stepped.decode(stepped.encode(before.back())) == -std::numeric_limits<double>::infinity());
  CHECK(stepped.bits() == 23);
}

TEST_CASE("values: a range that no steps cover is kept as it is") {
  std::vector<float> values(10000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = -1e-3f * static_cast<float>(i);
  values.push_back(-1e20f);
  const std::vector<float> before = values;
  const Values exact(account(), values);
  for (const float value : before) CHECK(exact.decode(exact.encode(value)) == double{value});
}
