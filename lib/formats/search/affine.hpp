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

/// The search of scales.hpp with an offset: weights x are met by scale * q + low, q = 0 .. top.

/// Sums over a group, r = x - scale * q - low.
struct AffineSums {
  float error = 0.0f;                                ///< w r r
  float slope = 0.0f, square = 0.0f, linear = 0.0f;  ///< w r q, w q q, w q
  float rest = 0.0f, weight = 0.0f;                  ///< w r, w
};

struct Affine {
  float scale = 0.0f;
  float low = 0.0f;
};

template <int top_, int n>
struct AffineGrid {
  static constexpr int weights = n;
  static constexpr int top = top_;
  using Codes = std::array<std::uint8_t, n>;

  static AffineSums assign(const float* x, const float* w, Affine at) noexcept {
    const float inverse = inverse_of(at.scale);
    Lanes error{}, slope{}, square{}, linear{}, rest{}, weight{};
    for (int j = 0; j < n; j += lanes) {
      const Lanes above = load(x + j) - at.low;
      const Lanes q = nearest_whole(clamped(above * inverse, 0, top));
      const Lanes r = above - at.scale * q;
      const Lanes wq = load(w + j) * q;
      const Lanes wr = load(w + j) * r;
      error += wr * r;
      slope += wr * q;
      square += wq * q;
      linear += wq;
      rest += wr;
      weight += load(w + j);
    }
    return {total(error), total(slope), total(square), total(linear), total(rest), total(weight)};
  }

  static Codes codes(const float* x, Affine at) noexcept {
    const float inverse = inverse_of(at.scale);
    Codes codes;
    for (int j = 0; j < n; ++j) {
      const Lanes q = nearest_whole(clamped(all((x[j] - at.low) * inverse), 0, top));
      codes[static_cast<std::size_t>(j)] = static_cast<std::uint8_t>(q[0]);
    }
    return codes;
  }
};

/// What is to be added to two factors so that the squares of what is left are least: the solution of
/// a11 u + a12 v = b1, a12 u + a22 v = b2, or the best u alone where that is not one point.
struct Step {
  float first = 0.0f;
  float second = 0.0f;
};
inline Step solve(float a11, float a12, float a22, float b1, float b2) noexcept {
  const float determinant = a11 * a22 - a12 * a12;
  if (determinant > 1e-6f * a11 * a22) {
    return {(b1 * a22 - b2 * a12) / determinant, (b2 * a11 - b1 * a12) / determinant};
  }
  return {a11 > 0.0f ? b1 / a11 : 0.0f, 0.0f};
}

/// The best scale and low for a group; with `floor`, low <= 0.
template <class Grid>
Affine search_affine(const float* x, const float* w, bool floor) noexcept {
  const auto [smallest, largest] = std::minmax_element(x, x + Grid::weights);
  const float low = floor ? std::min(*smallest, 0.0f) : *smallest;
  const float range = *largest - low;
  Affine best;
  float least = std::numeric_limits<float>::infinity();
  const auto better = [&](Affine at) {
    const AffineSums s = Grid::assign(x, w, at);
    Step step = solve(s.square, s.linear, s.weight, s.slope, s.rest);
    float error = s.error - step.first * s.slope - step.second * s.rest;
    if (floor && at.low + step.second > 0.0f) {  // low becomes zero and the scale follows
      const float slope = s.slope + at.low * s.linear;
      step = {s.square > 0.0f ? slope / s.square : 0.0f, -at.low};
      error = s.error + at.low * (2.0f * s.rest + at.low * s.weight) - step.first * slope;
    }
    if (!(error < least)) return false;
    least = error;
    best = {at.scale + step.first, at.low + step.second};
    return true;
  };
  for (int i = 0; i < 20; ++i) {
    better({range / (static_cast<float>(Grid::top) - 0.9f + 0.1f * static_cast<float>(i)), low});
  }
  for (int round = 0; round < 8 && better(best); ++round) {
  }
  return best;
}

/// A group as it is stored, with a scale and a low of its own.
template <class Grid>
struct AffineGroupFit {
  std::uint16_t d = 0;
  std::uint16_t low = 0;
  typename Grid::Codes codes{};
};

template <class Grid>
AffineGroupFit<Grid> fit_affine_group(const Sample<Grid::weights>& in) noexcept {
  const Affine at = search_affine<Grid>(in.x, in.w, false);
  const std::uint16_t d = in.half(at.scale), low = in.half(at.low);
  return {d, low, Grid::codes(in.x, {in.scale(d), in.scale(low)})};
}

/// A block as it is stored: weight = d * scale * q - dmin * min, with scales and mins of 0 .. most.
template <class Grid, int groups>
struct AffineBlockFit {
  std::uint16_t d = 0;
  std::uint16_t dmin = 0;
  std::array<int, groups> scale{};
  std::array<int, groups> min{};
  std::array<typename Grid::Codes, groups> codes{};
};

/// Each group's best scale and low are searched, then in turns the scale and min of each group and the two of the
/// block.
template <class Grid, int groups>
AffineBlockFit<Grid, groups> fit_affine_block(const Sample<groups * Grid::weights>& in, int most) noexcept {
  const auto x = [&](std::size_t group) { return in.x + group * Grid::weights; };
  const auto w = [&](std::size_t group) { return in.w + group * Grid::weights; };
  std::array<Affine, groups> wanted;
  float largest = 0.0f, lowest = 0.0f;
  for (std::size_t g = 0; g < groups; ++g) {
    wanted[g] = search_affine<Grid>(x(g), w(g), true);
    largest = std::max(largest, wanted[g].scale);
    lowest = std::min(lowest, wanted[g].low);
  }
  const auto nearest = [most](float v) {
    return static_cast<int>(std::lround(std::min(std::max(v, 0.0f), static_cast<float>(most))));
  };

  AffineBlockFit<Grid, groups> best, fit;
  fit.d = in.half(largest / static_cast<float>(most));
  fit.dmin = in.half(-lowest / static_cast<float>(most));
  float least = std::numeric_limits<float>::infinity();
  for (int round = 0; round < 4; ++round) {
    const float unit = in.scale(fit.d), min_unit = in.scale(fit.dmin);
    float error = 0.0f, a11 = 0.0f, a12 = 0.0f, a22 = 0.0f, b1 = 0.0f, b2 = 0.0f;
    for (std::size_t g = 0; g < groups; ++g) {
      const int scale = nearest(wanted[g].scale * inverse_of(unit));
      AffineSums chosen;
      chosen.error = std::numeric_limits<float>::infinity();
      for (int k = std::max(0, scale - 1); k <= std::min(most, scale + 1); ++k) {
        const float step = unit * static_cast<float>(k);
        const AffineSums s = Grid::assign(x(g), w(g), {step, wanted[g].low});
        const int min = nearest(-(wanted[g].low + s.rest / s.weight) * inverse_of(min_unit));
        for (int m = std::max(0, min - 1); m <= std::min(most, min + 1); ++m) {
          const AffineSums sums = Grid::assign(x(g), w(g), {step, -min_unit * static_cast<float>(m)});
          if (sums.error < chosen.error) chosen = sums, fit.scale[g] = k, fit.min[g] = m;
        }
      }
      const auto k = static_cast<float>(fit.scale[g]), m = static_cast<float>(fit.min[g]);
      error += chosen.error;
      a11 += k * k * chosen.square;
      a12 -= k * m * chosen.linear;
      a22 += m * m * chosen.weight;
      b1 += k * chosen.slope;
      b2 -= m * chosen.rest;
    }
    if (!(error < least)) break;
    least = error;
    best = fit;
    const Step step = solve(a11, a12, a22, b1, b2);
    fit.d = in.half(unit + step.first);
    fit.dmin = in.half(min_unit + step.second);
  }
  for (std::size_t g = 0; g < groups; ++g) {
    best.codes[g] = Grid::codes(x(g), {in.scale(best.d) * static_cast<float>(best.scale[g]),
                                       -in.scale(best.dmin) * static_cast<float>(best.min[g])});
  }
  return best;
}

}  // namespace ondol::storage
