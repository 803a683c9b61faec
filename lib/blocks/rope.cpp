#include "blocks/rope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/elementwise.hpp"

namespace ondol {
namespace {

/// YaRN (Peng et al. 2023, 3.2): for each pair, the share of its original frequency that is kept.
double yarn_kept(std::size_t pair, std::size_t dimensions, double theta, const RopeScaling& s) {
  const double n = static_cast<double>(dimensions);
  const auto pair_with = [&](double rotations) {
    return n * std::log(s.original_context / (rotations * 2 * std::numbers::pi)) / (2 * std::log(theta));
  };
  const double low = std::max(std::floor(pair_with(s.beta_fast)), 0.0);
  double high = std::min(std::ceil(pair_with(s.beta_slow)), n - 1);
  if (high == low) high += 0.001;
  return 1 - std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
}

}  // namespace

Rope Rope::make(Pairs pairs, std::size_t dimensions, double theta, const RopeScaling& scaling,
                std::span<const float> factors) {
  Rope rope;
  rope.pairs = pairs;
  for (std::size_t i = 0; i < dimensions / 2; ++i) {
    double frequency = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(dimensions));
    if (!factors.empty()) frequency /= factors[i];
    switch (scaling.kind) {
      case RopeScaling::Kind::none: break;
      case RopeScaling::Kind::linear: frequency /= scaling.factor; break;
      case RopeScaling::Kind::yarn: {
        const double kept = yarn_kept(i, dimensions, theta, scaling);
        frequency = frequency * kept + frequency / scaling.factor * (1 - kept);
        break;
      }
    }
    rope.frequencies.push_back(static_cast<float>(frequency));
  }
  if (scaling.kind == RopeScaling::Kind::yarn) {
    rope.magnitude = static_cast<float>(scaling.attention_factor > 0 ? scaling.attention_factor
                                        : scaling.factor > 1         ? 0.1 * std::log(scaling.factor) + 1
                                                                     : 1);
  }
  return rope;
}

Rope::Angles Rope::angles(const std::uint32_t* positions, std::size_t rows, Compute& compute) const {
  const std::size_t n = frequencies.size();
  auto* cosine = compute.arena.take<float>(rows * n);
  auto* sine = compute.arena.take<float>(rows * n);
  compute.pool.parallel_ranges(rows, 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      for (std::size_t i = 0; i < n; ++i) {
        // The angle is rounded to float32 as the reference implementations do, its cosine is exact.
        const float angle = static_cast<float>(positions[row]) * frequencies[i];
        cosine[row * n + i] = static_cast<float>(std::cos(static_cast<double>(angle))) * magnitude;
        sine[row * n + i] = static_cast<float>(std::sin(static_cast<double>(angle))) * magnitude;
      }
    }
  });
  return {cosine, sine};
}

void Rope::rotate(float* x, std::size_t heads, std::size_t head_dim, const Angles& angles, std::size_t row,
                  const Kernels& kernels) const {
  const std::size_t n = frequencies.size();
  const auto body =
      pairs == Pairs::neighbours ? kernels.elementwise->rotate_neighbours : kernels.elementwise->rotate_halves;
  for (std::size_t head = 0; head < heads; ++head) {
    body(x + head * head_dim, angles.cosine + row * n, angles.sine + row * n, n);
  }
}

}  // namespace ondol
