#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "formats/search/levels.hpp"
#include "formats/search/sample.hpp"

namespace ondol::storage {

/// Searches for scales that give the least sum of w (x - scale * q)^2. The best q for a scale and the best scale for
/// these q are easy; in turns they find the minimum next to where they start, so they start in several places.
///
/// A `Grid` says which q a group of weights may have: Sums assign(x, w, scale) for the best ones, Codes codes(x, w,
/// scale), what files store for them, and full(x), about the scale to begin with.

/// Scales to start from: first + i * step of the grid's `full` one; and their negatives, which matter where the levels
/// are not the same either way.
struct Starts {
  float first;
  float step;
  int count;
  bool negatives = false;
};

template <class Grid>
float search_scale(const float* x, const float* w, Starts starts) noexcept {
  const float full = Grid::full(x);
  float best = 0.0f;
  float least = std::numeric_limits<float>::infinity();
  const auto better = [&](float scale) {
    const Sums sums = Grid::assign(x, w, scale);
    if (!(sums.least() < least)) return false;
    least = sums.least();
    best = scale + sums.step();
    return true;
  };
  for (int i = 0; i < starts.count; ++i) {
    const float scale = full * (starts.first + static_cast<float>(i) * starts.step);
    better(scale);
    if (starts.negatives) better(-scale);
  }
  for (int round = 0; round < 8 && better(best); ++round) {
  }
  return best;
}

/// A group as it is stored, with a scale of its own.
template <class Grid>
struct GroupFit {
  std::uint16_t d = 0;
  typename Grid::Codes codes{};
};

template <class Grid>
GroupFit<Grid> fit_group(const Sample<Grid::weights>& in, Starts starts) noexcept {
  const std::uint16_t d = in.half(search_scale<Grid>(in.x, in.w, starts));
  return {d, Grid::codes(in.x, in.w, in.scale(d))};
}

/// The multiples of a block's scale that its groups may have: first + step * k, k = 0 .. count - 1.
struct Ladder {
  float first;
  float step;
  int count;

  [[nodiscard]] float multiple(int k) const noexcept { return first + step * static_cast<float>(k); }
  /// The multiple farthest from zero.
  [[nodiscard]] float extreme() const noexcept {
    const float last = multiple(count - 1);
    return -first > last ? first : last;
  }
  /// The k of the multiple below one that is wanted, so that k + 1 is the one above; at either end the last two.
  [[nodiscard]] int below(float wanted) const noexcept {
    const float k = (wanted - first) / step;
    return k > 0.0f ? static_cast<int>(std::min(k, static_cast<float>(count - 2))) : 0;
  }
};

/// A block as it is stored: its scale, and the k and codes of each group.
template <class Grid, int groups>
struct BlockFit {
  std::uint16_t d = 0;
  std::array<int, groups> k{};
  std::array<typename Grid::Codes, groups> codes{};
};

/// Each group's best scale is searched, then in turns the k of each group and the block's scale.
template <class Grid, int groups>
BlockFit<Grid, groups> fit_block(const Sample<groups * Grid::weights>& in, Ladder ladder, Starts starts) noexcept {
  const auto x = [&](std::size_t group) { return in.x + group * Grid::weights; };
  const auto w = [&](std::size_t group) { return in.w + group * Grid::weights; };
  std::array<float, groups> wanted;
  float largest = 0.0f;
  for (std::size_t g = 0; g < groups; ++g) {
    wanted[g] = search_scale<Grid>(x(g), w(g), starts);
    if (std::fabs(wanted[g]) > std::fabs(largest)) largest = wanted[g];
  }

  BlockFit<Grid, groups> best;
  float least = std::numeric_limits<float>::infinity();
  std::uint16_t d = in.half(largest / ladder.extreme());
  for (int round = 0; round < 4; ++round) {
    const float unit = in.scale(d);
    std::array<int, groups> k;
    Sums whole;
    for (std::size_t g = 0; g < groups; ++g) {
      k[g] = ladder.below(wanted[g] * inverse_of(unit));
      Sums chosen = Grid::assign(x(g), w(g), unit * ladder.multiple(k[g]));
      const Sums above = Grid::assign(x(g), w(g), unit * ladder.multiple(k[g] + 1));
      if (above.error < chosen.error) chosen = above, ++k[g];
      const float multiple = ladder.multiple(k[g]);
      whole.error += chosen.error;
      whole.slope += multiple * chosen.slope;
      whole.square += multiple * multiple * chosen.square;
    }
    if (!(whole.error < least)) break;
    least = whole.error;
    best.d = d;
    best.k = k;
    d = in.half(unit + whole.step());
  }
  for (std::size_t g = 0; g < groups; ++g) {
    best.codes[g] = Grid::codes(x(g), w(g), in.scale(best.d) * ladder.multiple(best.k[g]));
  }
  return best;
}

}  // namespace ondol::storage
