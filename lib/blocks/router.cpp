#include "blocks/router.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ondol {
namespace {

constexpr float never = -std::numeric_limits<float>::infinity();
constexpr float taken = std::numeric_limits<float>::quiet_NaN();  // behind all others

/// What a score counts for in the choice: one that is no number is chosen last, and then shows in the weight.
float rank_of(float score) { return std::isnan(score) ? never : score; }

/// Index of the largest of n ranks that are not taken, the first of equals.
std::size_t best_of(const float* x, std::size_t n) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < n; ++i) {
    if (x[i] > x[best] || (std::isnan(x[best]) && !std::isnan(x[i]))) best = i;
  }
  return best;
}

/// Sum of e^(x - shift), of those that `of` takes.
template <class Of>
double sum_of_exp(const float* x, std::size_t n, float shift, Of of) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (of(i)) sum += std::exp(double(x[i]) - shift);
  }
  return sum;
}

/// Sets the scores of all groups but the best to -inf.
void keep_best_groups(const Router& r, float* scores, float* group_scores) {
  const std::size_t size = r.experts / r.groups;
  for (std::size_t g = 0; g < r.groups; ++g) {
    const float* own = scores + g * size;
    const std::size_t first = best_of(own, size);
    float score = own[first];
    if (r.scoring == Router::Scoring::sigmoid && size > 1) {
      float second = never;
      for (std::size_t i = 0; i < size; ++i) {
        if (i != first) second = std::max(second, own[i]);
      }
      score += second;
    }
    group_scores[g] = rank_of(score);
  }
  for (std::size_t g = 0; g < r.groups; ++g) {
    std::size_t better = 0;
    for (std::size_t other = 0; other < r.groups; ++other) {
      better += group_scores[other] > group_scores[g] || (group_scores[other] == group_scores[g] && other < g);
    }
    if (better >= r.top_groups) std::fill_n(scores + g * size, size, never);
  }
}

void mix_sparsely(const Router& r, const float* logits, float* left, Router::Choice* chosen) {
  std::transform(logits, logits + r.experts, left, rank_of);
  for (std::size_t k = 0; k < r.used; ++k) {
    const std::size_t best = best_of(left, r.experts);
    const float most = left[best];
    const double sum = sum_of_exp(left, r.experts, most, [&](std::size_t i) {
      const float factor = std::max(std::fabs(logits[i]), most);
      return left[i] > never && !((most - logits[i]) / factor > 2 * r.jitter);
    });
    chosen[k] = {static_cast<std::uint32_t>(best), static_cast<float>(1 / sum)};
    left[best] = taken;
  }
}

}  // namespace

void Router::choose(const float* logits, const float* bias, float* scratch, Choice* chosen) const {
  if (scoring == Scoring::sparse_mixer) {
    mix_sparsely(*this, logits, scratch, chosen);
  } else {
    float shift = 0;
    double total = 1;
    if (scoring == Scoring::softmax) {
      shift = *std::max_element(logits, logits + experts);
      total = sum_of_exp(logits, experts, shift, [](std::size_t) { return true; });
    }
    const auto score_of = [&](std::size_t i) {
      switch (scoring) {
        case Scoring::sigmoid: return static_cast<float>(1 / (1 + std::exp(-double(logits[i]))));
        case Scoring::softmax: return static_cast<float>(std::exp(double(logits[i]) - shift) / total);
        default: return logits[i];
      }
    };
    // Alone, scores rank as logits do, which do not run together at the ends.
    const bool by_score = bias || groups > 1;
    for (std::size_t i = 0; i < experts; ++i) {
      scratch[i] = rank_of(by_score ? score_of(i) + (bias ? bias[i] : 0.0f) : logits[i]);
    }
    if (groups > 1) keep_best_groups(*this, scratch, scratch + experts);
    for (std::size_t k = 0; k < used; ++k) {
      const std::size_t best = best_of(scratch, experts);
      chosen[k] = {static_cast<std::uint32_t>(best), score_of(best)};
      scratch[best] = taken;
    }
    if (scoring == Scoring::softmax_of_chosen) {
      const float most = chosen[0].weight;
      double sum = 0;
      for (std::size_t k = 0; k < used; ++k) sum += std::exp(double(chosen[k].weight) - most);
      for (std::size_t k = 0; k < used; ++k) {
        chosen[k].weight = static_cast<float>(std::exp(double(chosen[k].weight) - most) / sum);
      }
    }
  }
  std::sort(chosen, chosen + used, [](const Choice& a, const Choice& b) { return a.expert < b.expert; });
  if (normalise) {
    float sum = 1e-20f;  // as DeepSeek-V3 has it: scores may all be nothing
    for (std::size_t k = 0; k < used; ++k) sum += chosen[k].weight;
    for (std::size_t k = 0; k < used; ++k) chosen[k].weight /= sum;
  }
  for (std::size_t k = 0; k < used; ++k) chosen[k].weight *= static_cast<float>(scale);
}

}  // namespace ondol
