#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "formats/search/lanes.hpp"

namespace ondol::storage {

/// How well weights x are met by scale * q: sums over a group, r = x - scale * q. From them the best scale for the same
/// q is known without another look at the weights. Residuals rather than squares of x, which would cancel in float32.
struct Sums {
  float error = 0.0f;   ///< w r r
  float slope = 0.0f;   ///< w r q
  float square = 0.0f;  ///< w q q

  /// What the scale lacks to the best one for these q, and the error with that one.
  [[nodiscard]] float step() const noexcept { return square > 0.0f ? slope / square : 0.0f; }
  [[nodiscard]] float least() const noexcept { return error - slope * step(); }
};

inline float inverse_of(float scale) noexcept { return std::fabs(scale) > 1e-30f ? 1.0f / scale : 0.0f; }

/// n weights that take one of the same levels each, times the scale. `Levels` has the level next to a value
/// (quantised), the code of a level as files have it, and the level farthest from zero (extreme).
template <class Levels, int n>
struct LevelGrid {
  static constexpr int weights = n;
  using Codes = std::array<std::uint8_t, n>;
  static_assert(n % lanes == 0);

  /// The scale that brings the largest weight to the farthest level.
  static float full(const float* x) noexcept {
    float peak = 0.0f;
    for (int j = 0; j < n; ++j) {
      if (std::fabs(x[j]) > std::fabs(peak)) peak = x[j];
    }
    return peak / Levels::extreme;
  }

  static Sums assign(const float* x, const float* w, float scale) noexcept {
    const float inverse = inverse_of(scale);
    Lanes error{}, slope{}, square{};
    for (int j = 0; j < n; j += lanes) {
      const Lanes q = Levels::quantised(load(x + j) * inverse);
      const Lanes r = load(x + j) - scale * q;
      const Lanes wq = load(w + j) * q;
      error += load(w + j) * r * r;
      slope += wq * r;
      square += wq * q;
    }
    return {total(error), total(slope), total(square)};
  }

  static Codes codes(const float* x, const float*, float scale) noexcept {
    const float inverse = inverse_of(scale);
    Codes codes;
    for (std::size_t j = 0; j < n; j += lanes) {
      const Lanes q = Levels::quantised(load(x + j) * inverse);
      for (std::size_t lane = 0; lane < lanes; ++lane) codes[j + lane] = Levels::code(q[lane]);
    }
    return codes;
  }
};

/// The whole numbers low .. high; codes count from low.
template <int low, int high>
struct WholeLevels {
  static constexpr float extreme = -low > high ? low : high;
  static Lanes quantised(Lanes v) noexcept { return nearest_whole(clamped(v, low, high)); }
  static std::uint8_t code(float q) noexcept { return static_cast<std::uint8_t>(static_cast<int>(q) - low); }
};

/// Whole numbers from the lowest up, with the codes that files have for them.
template <std::size_t count>
struct LevelTable {
  float level[count];
  std::uint8_t code[count];
};

template <const auto& table>
struct TableLevels {
  static constexpr std::size_t last = std::size(table.level) - 1;
  static constexpr float extreme = -table.level[0] > table.level[last] ? table.level[0] : table.level[last];

  static Lanes quantised(Lanes v) noexcept {
    Lanes q = all(table.level[0]);
    for (std::size_t i = 0; i < last; ++i) {
      q += v > (table.level[i] + table.level[i + 1]) / 2 ? all(table.level[i + 1] - table.level[i]) : Lanes{};
    }
    return q;
  }
  static std::uint8_t code(float q) noexcept {
    std::size_t i = 0;
    while (i < last && table.level[i] < q) ++i;
    return table.code[i];
  }
};

}  // namespace ondol::storage
