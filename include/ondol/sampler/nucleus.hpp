#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "ondol/tokenizer.hpp"

namespace ondol {

/// A candidate in an order: score up, then id up.
struct Ranked {
  double score;
  float weight;
  float logit;
  Token id;

  [[nodiscard]] bool before(const Ranked& other) const noexcept {
    return score != other.score ? score < other.score : id < other.id;
  }
};

/// Finds where the first candidates of an order reach a sum of weights; only the part around that place is sorted.
/// Keeps its memory from call to call.
class Nucleus {
 public:
  /// The last of the fewest whose weights reach `need`; the last of all if they do not. There must be one.
  [[nodiscard]] Ranked last(std::span<const Ranked> all, double need) {
    double seen = take_border(all, need);
    const auto later = [](const Ranked& a, const Ranked& b) { return b.before(a); };
    std::make_heap(border_.begin(), border_.end(), later);
    for (;;) {
      seen += double{border_.front().weight};
      if (seen >= need || border_.size() == 1) return border_.front();
      std::pop_heap(border_.begin(), border_.end(), later);
      border_.pop_back();
    }
  }

 private:
  /// Copies those of the range of scores within which the sum is reached; returns the weights of those before it.
  double take_border(std::span<const Ranked> all, double need) {
    const auto by_score = [](const Ranked& a, const Ranked& b) { return a.score < b.score; };
    const auto [first, last] = std::minmax_element(all.begin(), all.end(), by_score);
    const double least = first->score, range = last->score - least;
    const double scale = range > 0 ? (buckets - 1) / range : 0;
    const auto bucket = [&](const Ranked& one) { return static_cast<std::size_t>((one.score - least) * scale); };
    double sums[buckets] = {};
    for (const Ranked& one : all) sums[bucket(one)] += double{one.weight};
    double seen = 0;
    std::size_t b = 0;
    const std::size_t end = bucket(*last);
    while (b < end && seen + sums[b] < need) seen += sums[b++];
    border_.clear();
    for (const Ranked& one : all) {
      if (bucket(one) == b) border_.push_back(one);
    }
    return seen;
  }

  static constexpr std::size_t buckets = 1024;
  std::vector<Ranked> border_;
};

}  // namespace ondol
