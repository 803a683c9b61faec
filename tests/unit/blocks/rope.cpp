#include "blocks/rope.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "runtime/state.hpp"

namespace {

using namespace ondol;

Rope make(Rope::Pairs pairs, const RopeScaling& scaling = {}, std::span<const float> factors = {}) {
  return Rope::make(pairs, 16, 10'000, scaling, factors);
}

}  // namespace

TEST_CASE("rope: frequencies of each scaling") {
  const Rope plain = make(Rope::Pairs::halves);
  REQUIRE(plain.frequencies.size() == 8);
  CHECK(plain.frequencies[0] == 1.0f);
  CHECK(plain.frequencies[4] == doctest::Approx(0.01));
  CHECK(plain.magnitude == 1.0f);

  const Rope linear = make(Rope::Pairs::halves, {.kind = RopeScaling::Kind::linear, .factor = 4});
  for (std::size_t i = 0; i < 8; ++i) CHECK(linear.frequencies[i] == doctest::Approx(plain.frequencies[i] / 4));

  const std::vector<float> factors{1, 1, 1, 2, 4, 8, 8, 8};
  const Rope divided = make(Rope::Pairs::halves, {}, factors);
  for (std::size_t i = 0; i < 8; ++i)
    CHECK(divided.frequencies[i] == doctest::Approx(plain.frequencies[i] / factors[i]));

  // beta 2 and 0.25 over 64 positions: the pairs that turn more than twice are kept, those below a quarter are
  // stretched.
  const Rope yarn =
      make(Rope::Pairs::halves,
           {.kind = RopeScaling::Kind::yarn, .factor = 4, .original_context = 64, .beta_fast = 2, .beta_slow = 0.25});
  CHECK(yarn.frequencies[0] == plain.frequencies[0]);
  CHECK(yarn.frequencies[1] == plain.frequencies[1]);
  CHECK(yarn.frequencies[7] == doctest::Approx(plain.frequencies[7] / 4));
  CHECK(yarn.frequencies[2] < plain.frequencies[2]);
  CHECK(yarn.frequencies[2] > plain.frequencies[2] / 4);
  CHECK(yarn.magnitude == doctest::Approx(0.1 * std::log(4.0) + 1));
}

TEST_CASE("rope: a pair turns by position times frequency, what is not rotated stays") {
  Runtime::State state{RuntimeOptions{}};
  Runtime::State::Turn turn(state);
  Compute compute{turn.pool(), kernels(state.isa), turn.arena()};
  const std::vector<std::uint32_t> positions{0, 1, 17, 4095};
  for (const Rope::Pairs pairs : {Rope::Pairs::neighbours, Rope::Pairs::halves}) {
    const Rope rope = make(pairs);
    std::vector<Rope::Span> spans;
    for (std::size_t row = 0; row < positions.size(); ++row) spans.push_back({row, 1, positions[row], 0});
    const Rope::Angles angles = rope.angles(spans, positions.size(), compute);
    for (std::size_t row = 0; row < positions.size(); ++row) {
      std::vector<float> x(2 * 20);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i) + 1);
      const std::vector<float> before = x;
      rope.rotate(x.data(), 2, 20, angles, row, compute.kernels);
      for (std::size_t head = 0; head < 2; ++head) {
        for (std::size_t i = 0; i < 8; ++i) {
          const std::size_t first = head * 20 + (pairs == Rope::Pairs::neighbours ? 2 * i : i);
          const std::size_t second = pairs == Rope::Pairs::neighbours ? first + 1 : first + 8;
          const std::complex<double> turned =
              std::complex<double>(before[first], before[second]) *
              std::polar(1.0, static_cast<double>(positions[row]) * static_cast<double>(rope.frequencies[i]));
          CHECK(x[first] == doctest::Approx(turned.real()).epsilon(1e-3));
          CHECK(x[second] == doctest::Approx(turned.imag()).epsilon(1e-3));
        }
        for (std::size_t i = 16; i < 20; ++i) CHECK(x[head * 20 + i] == before[head * 20 + i]);
      }
    }
  }
}

TEST_CASE("rope: long sequences turn by other frequencies, decided when they begin") {
  Runtime::State state{RuntimeOptions{}};
  Runtime::State::Turn turn(state);
  Compute compute{turn.pool(), kernels(state.isa), turn.arena()};
  const auto cosine = [&](const Rope& rope, std::size_t planned) {
    const Rope::Span span{0, 1, 3, planned};
    return double(rope.angles({&span, 1}, 1, compute).cosine[1]);
  };
  const Rope two = Rope::make(Rope::Pairs::halves, 4, 100,
                              {.kind = RopeScaling::Kind::longrope,
                               .factor = 4,
                               .original_context = 16,
                               .short_factors = {1, 2},
                               .long_factors = {1, 8}},
                              {});
  const double magnitude = std::sqrt(1 + std::log(4.0) / std::log(16.0));
  CHECK(cosine(two, 16) == doctest::Approx(magnitude * std::cos(3 * 0.1 / 2)));
  CHECK(cosine(two, 17) == doctest::Approx(magnitude * std::cos(3 * 0.1 / 8)));
  const Rope grown = Rope::make(Rope::Pairs::halves, 4, 100,
                                {.kind = RopeScaling::Kind::dynamic, .factor = 2, .original_context = 16}, {});
  CHECK(cosine(grown, 16) == doctest::Approx(std::cos(3 * 0.1)));
  const double theta = 100 * std::pow(2 * 32 / 16.0 - 1, 4 / 2.0);
  CHECK(cosine(grown, 32) == doctest::Approx(std::cos(3 / std::sqrt(theta))));
}
