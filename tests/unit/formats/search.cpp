#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "formats/codebooks.hpp"
#include "formats/search/affine.hpp"
#include "formats/search/levels.hpp"
#include "formats/search/points.hpp"
#include "formats/search/scales.hpp"

using namespace ondol::storage;

namespace {

template <class Book>
void check_search(const Book& book) {
  std::mt19937 random(1);
  std::exponential_distribution<float> cost_of;
  for (int round = 0; round < 300; ++round) {
    Costs<Book> cost;
    float flip[Book::size];
    for (auto& levels : cost) {
      for (float& c : levels) c = cost_of(random);
    }
    for (float& f : flip) f = 0.02f * cost_of(random);
    float least = std::numeric_limits<float>::infinity(), least_flipped = least;
    for (const auto& point : book.point) {
      float sum = 0.0f, cheapest = std::numeric_limits<float>::infinity();
      for (std::size_t j = 0; j < Book::size; ++j) {
        sum += cost[j][static_cast<std::size_t>(std::ranges::find(book.level, point[j]) - book.level.begin())];
        cheapest = std::min(cheapest, flip[j] * static_cast<float>(point[j]));
      }
      least = std::min(least, sum);
      least_flipped = std::min(least_flipped, sum + cheapest);
    }
    const PointSearch search(book, cost);
    REQUIRE(search.nearest().cost == doctest::Approx(least).epsilon(1e-5));
    if (book.level.front() > 0) {  // magnitudes
      REQUIRE(search.nearest_flipped(flip).cost == doctest::Approx(least_flipped).epsilon(1e-5));
    }
  }
}

template <class Grid>
float error_at(const float* x, const float* w, float scale) {
  return Grid::assign(x, w, scale).error;
}

/// The search's error against the best of a fine comb of scales.
template <class Grid>
void check_scales(Starts starts) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  double found = 0, best = 0;
  for (int round = 0; round < 40; ++round) {
    float x[Grid::weights], w[Grid::weights];
    for (int j = 0; j < Grid::weights; ++j) x[j] = normal(random), w[j] = 0.3f + std::fabs(normal(random));
    found += error_at<Grid>(x, w, search_scale<Grid>(x, w, starts));
    float least = std::numeric_limits<float>::infinity();
    for (int i = 1; i <= 3000; ++i) {
      const float scale = Grid::full(x) * static_cast<float>(i) / 1500.0f;
      least = std::min(least, error_at<Grid>(x, w, scale));
      if (starts.negatives) least = std::min(least, error_at<Grid>(x, w, -scale));
    }
    best += least;
  }
  CAPTURE(Grid::weights);
  CHECK(found <= 1.02 * best);
}

}  // namespace

TEST_CASE("search: the nearest point is the nearest of all, also with a flipped sign") {
  check_search(iq2_xxs_codebook);
  check_search(iq2_xs_codebook);
  check_search(iq2_s_codebook);
  check_search(iq3_xxs_codebook);
  check_search(iq3_s_codebook);
  check_search(iq1_codebook);
}

TEST_CASE("search: scales are as good as the best of thousands") {
  check_scales<LevelGrid<WholeLevels<-4, 3>, 16>>({.first = 0.7f, .step = 0.05f, .count = 14, .negatives = true});
  check_scales<LevelGrid<WholeLevels<-8, 7>, 32>>({.first = 0.8f, .step = 0.025f, .count = 14, .negatives = true});
  check_scales<LevelGrid<WholeLevels<-1, 1>, 64>>({.first = 0.1f, .step = 0.05f, .count = 19});
  check_scales<PointGrid<iq2_xs_codebook, 16, true>>({.first = 0.6f, .step = 0.12f, .count = 6});
  check_scales<PointGrid<iq3_s_codebook, 32, false>>({.first = 0.7f, .step = 0.1f, .count = 6});
  check_scales<ShiftedGrid<16, 8>>({.first = 0.9f, .step = 0.15f, .count = 6});
}

TEST_CASE("search: of every eight weights an even number is negative where the format says so") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  using Grid = PointGrid<iq3_xxs_codebook, 32, true>;
  for (int round = 0; round < 50; ++round) {
    float x[32], w[32];
    for (int j = 0; j < 32; ++j) x[j] = normal(random), w[j] = 1.0f;
    for (const auto& octet : Grid::codes(x, w, 0.03f)) {
      CHECK(std::popcount(octet.signs) % 2 == 0);
      CHECK(even_signs(octet.signs & 127u) == octet.signs);
    }
  }
}

TEST_CASE("search: an offset and a scale are found exactly where they fit exactly") {
  using Grid = AffineGrid<15, 32>;
  std::mt19937 random(4);
  float x[32], w[32];
  for (int j = 0; j < 32; ++j) x[j] = -0.7f + 0.11f * static_cast<float>(random() % 16), w[j] = 1.0f;
  x[0] = -0.7f, x[1] = -0.7f + 0.11f * 15;
  const Affine at = search_affine<Grid>(x, w, true);
  CHECK(at.scale == doctest::Approx(0.11));
  CHECK(at.low == doctest::Approx(-0.7));
  for (float& v : x) v += 2.0f;  // with a floor, low stays at most zero
  CHECK(search_affine<Grid>(x, w, true).low <= 0.0f);
  CHECK(search_affine<Grid>(x, w, false).low == doctest::Approx(1.3));
}
