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
  double low = pair_with(s.beta_fast);
  double high = pair_with(s.beta_slow);
  if (s.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, n - 1);
  if (high == low) high += 0.001;
  return 1 - std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
}

/// Llama 3.1: the same by wavelength, with a linear share between the borders.
double llama3_kept(double frequency, const RopeScaling& s) {
  const double rotations = s.original_context * frequency / (2 * std::numbers::pi);
  return std::clamp((rotations - s.low_frequency_factor) / (s.high_frequency_factor - s.low_frequency_factor), 0.0, 1.0);
}

double own_attention_factor(const RopeScaling& s) {
  if (s.factor <= 1) return 1;
  if (s.kind == RopeScaling::Kind::yarn) return 0.1 * std::log(s.factor) + 1;
  return std::sqrt(1 + std::log(s.factor) / std::log(s.original_context));
}

double frequency_of(std::size_t pair, std::size_t dimensions, double theta) {
  return std::pow(theta, -2.0 * static_cast<double>(pair) / static_cast<double>(dimensions));
}

}  // namespace

Rope Rope::make(Pairs pairs, std::size_t dimensions, double theta, const RopeScaling& scaling,
                std::span<const float> factors) {
  using Kind = RopeScaling::Kind;
  Rope rope;
  rope.pairs = pairs;
  for (std::size_t i = 0; i < dimensions / 2; ++i) {
    double frequency = frequency_of(i, dimensions, theta);
    if (!factors.empty()) frequency /= factors[i];
    if (scaling.kind == Kind::longrope) {
      rope.long_frequencies.push_back(static_cast<float>(frequency / scaling.long_factors[i]));
      frequency /= scaling.short_factors[i];
    } else if (scaling.kind == Kind::linear) {
      frequency /= scaling.factor;
    } else if (scaling.kind == Kind::yarn || scaling.kind == Kind::llama3) {
      const double kept = scaling.kind == Kind::yarn ? yarn_kept(i, dimensions, theta, scaling)
                                                     : llama3_kept(frequency, scaling);
      frequency = frequency * kept + frequency / scaling.factor * (1 - kept);
    }
    rope.frequencies.push_back(static_cast<float>(frequency));
  }
  if (scaling.kind == Kind::yarn || scaling.kind == Kind::longrope) {
    rope.magnitude = static_cast<float>(scaling.attention_factor > 0 ? scaling.attention_factor
                                                                     : own_attention_factor(scaling));
  }
  rope.long_magnitude =
      scaling.long_attention_factor > 0 ? static_cast<float>(scaling.long_attention_factor) : rope.magnitude;
  if (scaling.kind == Kind::longrope || scaling.kind == Kind::dynamic) rope.border = scaling.original_context;
  if (scaling.kind == Kind::dynamic) {
    rope.theta = theta;
    rope.factor = scaling.factor;
  }
  return rope;
}

std::vector<float> Rope::llama3_factors(std::size_t dimensions, double theta, const RopeScaling& scaling) {
  std::vector<float> factors;
  for (std::size_t i = 0; i < dimensions / 2; ++i) {
    const double kept = llama3_kept(frequency_of(i, dimensions, theta), scaling);
    factors.push_back(static_cast<float>(1 / (kept + (1 - kept) / scaling.factor)));
  }
  return factors;
}

std::vector<float> Rope::frequencies_for(std::size_t planned) const {
  if (border <= 0 || static_cast<double>(planned) <= border) return frequencies;
  if (!long_frequencies.empty()) return long_frequencies;
  const std::size_t dimensions = 2 * frequencies.size();
  const double n = static_cast<double>(dimensions);
  const double grown =
      theta * std::pow(factor * static_cast<double>(planned) / border - (factor - 1), n / std::max(n - 2, 1.0));
  std::vector<float> out;
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    out.push_back(static_cast<float>(frequency_of(i, dimensions, grown)));
  }
  return out;
}

Rope::Angles Rope::angles(std::span<const Span> spans, std::size_t rows, Compute& compute) const {
  const std::size_t n = frequencies.size();
  auto* cosine = compute.arena.take<float>(rows * n);
  auto* sine = compute.arena.take<float>(rows * n);
  for (const Span& span : spans) {
    const bool usual = border <= 0 || static_cast<double>(span.planned) <= border;
    const std::vector<float> own = usual ? std::vector<float>() : frequencies_for(span.planned);
    const float* frequency = usual ? frequencies.data() : own.data();
    const float size = usual ? magnitude : long_magnitude;
    compute.pool.parallel_ranges(span.rows, 8, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        const std::size_t at = (span.first_row + row) * n;
        const auto position = static_cast<float>(span.first_position + row);
        for (std::size_t i = 0; i < n; ++i) {
          // The angle is rounded to float32 as the reference implementations do, its cosine is exact.
          const float angle = position * frequency[i];
          cosine[at + i] = static_cast<float>(std::cos(static_cast<double>(angle))) * size;
          sine[at + i] = static_cast<float>(std::sin(static_cast<double>(angle))) * size;
        }
      }
    });
  }
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
