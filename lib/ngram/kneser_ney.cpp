#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/fail.hpp"
#include "ngram/smoothing.hpp"

namespace ondol::ngram {
namespace {

using Discounts = NGramEstimate::Discounts;

constexpr const char* what = "estimating n-grams";

/// What counts below the highest order: the number of different words in front of an n-gram, for it is needed only
/// where the context is new. Nothing stands before <s>: there it is how often the n-gram occurs.
Array<std::uint32_t> adjusted_counts(const Counts& counts, const Counts* higher, const Account& account) {
  Array<std::uint32_t> adjusted(account, counts.size(), what);
  if (higher == nullptr) {
    std::ranges::copy(counts.counts, adjusted.begin());
  } else {
    for (const std::uint32_t suffix : higher->suffixes) ++adjusted[suffix];
    std::copy(counts.counts.begin() + counts.begin_first, counts.counts.begin() + counts.begin_last,
              adjusted.begin() + counts.begin_first);
  }
  if (counts.words.empty()) adjusted[begin_id] = 0;  // <s> follows nothing
  return adjusted;
}

/// Chen and Goodman, equation 26.
Discounts discounts_of(const Array<std::uint32_t>& adjusted, std::size_t order, const NGramTrainOptions& options) {
  std::array<double, 5> n{};  // n[i]: n-grams of adjusted count i
  for (const std::uint32_t count : adjusted) {
    if (count < n.size()) ++n[count];
  }
  std::string problem;
  Discounts result;
  for (std::size_t i = 1; i <= 3 && problem.empty(); ++i) {
    if (n[i] == 0) problem = fmt::format("no {}-gram has the adjusted count {}", order, i);
  }
  for (std::size_t i = 1; i <= 3 && problem.empty(); ++i) {
    const double y = n[1] / (n[1] + 2 * n[2]);
    const double di = static_cast<double>(i);
    const double value = di - (di + 1) * y * n[i + 1] / n[i];
    if (value < 0 || value > di) problem = fmt::format("that of {}-grams seen {} times would be {}", order, i, value);
    result.values[i - 1] = value;
  }
  if (problem.empty()) return result;
  if (!options.discount_fallback) {
    fail(Status::invalid_argument,
         fmt::format("Kneser-Ney discounts cannot be estimated: {}; the text is too small or unnatural: give "
                     "discount_fallback, such as 0.5, 1, 1.5",
                     problem));
  }
  return {.values = *options.discount_fallback, .fallback = true};
}

/// One order of entries at a time, lowest first.
class Estimator {
 public:
  Estimator(const std::vector<Counts>& counts, const NGramTrainOptions& options, const Account& account)
      : counts_(counts), options_(options), account_(account) {}

  Estimates run(const std::stop_token& stop) {
    for (std::size_t order = 1; order <= counts_.size(); ++order) {
      if (stop.stop_requested()) fail(Status::cancelled, "estimating n-grams cancelled");
      const Counts* higher = order < counts_.size() ? &counts_[order] : nullptr;
      adjusted_ = adjusted_counts(counts_[order - 1], higher, account_);
      result_.discounts.push_back(discounts_of(adjusted_, order, options_));
      order == 1 ? unigrams() : ngrams(order);
    }
    return std::move(result_);
  }

 private:
  /// What the n-grams behind one context have in common.
  struct Context {
    double count = 0;  ///< of all of them
    double freed = 0;  ///< of it, what discounts and pruning take away: the share of the order below
    void add(std::uint32_t adjusted, bool kept, const Discounts& discounts) {
      count += adjusted;
      freed += kept ? discount(adjusted, discounts) : adjusted;
    }
    [[nodiscard]] double lower_weight() const { return freed / count; }
    [[nodiscard]] double own(std::uint32_t adjusted, const Discounts& discounts) const {
      return (adjusted - discount(adjusted, discounts)) / count;
    }
    static double discount(std::uint32_t adjusted, const Discounts& discounts) {
      return adjusted == 0 ? 0 : discounts.values[std::min(adjusted, 3u) - 1];
    }
  };

  void unigrams() {
    const Discounts& discounts = result_.discounts.back();
    Context all;
    for (const std::uint32_t count : adjusted_) all.add(count, true, discounts);
    const double uniform = 1.0 / (adjusted_.size() - 1);  // <s> is no word that may come
    Array<Entry> entries(account_, adjusted_.size(), what);
    probabilities_ = Array<double>(account_, adjusted_.size(), what);
    for (std::uint32_t id = 0; id < entries.size(); ++id) {
      const double p = id == begin_id ? 1 : all.own(adjusted_[id], discounts) + all.lower_weight() * uniform;
      probabilities_[id] = p;
      entries[id] = {0, id, log10_of(p), 0, id};
    }
    result_.orders.push_back(std::move(entries));
  }

  void ngrams(std::size_t order) {
    const Counts& counts = counts_[order - 1];
    const Discounts& discounts = result_.discounts.back();
    const std::uint64_t threshold = threshold_of(order);
    const auto kept = [&](std::uint32_t i) { return counts.counts[i] > threshold; };
    std::uint32_t size = 0;
    Array<std::uint32_t> places;  // of what is kept, where anything is left out
    if (threshold > 0) places = Array<std::uint32_t>(account_, counts.size(), what);
    for (std::uint32_t i = 0; i < counts.size(); ++i) {
      if (!places.empty()) places[i] = size;
      size += kept(i) ? 1 : 0;
    }
    Array<Entry> entries(account_, size, what);
    Array<double> probabilities(account_, counts.size(), what);
    std::uint32_t place = 0;
    for (std::uint32_t begin = 0, end = 0; begin < counts.size(); begin = end) {
      Context context;
      for (; end < counts.size() && counts.contexts[end] == counts.contexts[begin]; ++end) {
        context.add(adjusted_[end], kept(end), discounts);
      }
      const std::uint32_t above = places_.empty() ? counts.contexts[begin] : places_[counts.contexts[begin]];
      const std::uint32_t first = place;
      for (std::uint32_t i = begin; i < end; ++i) {
        if (!kept(i)) continue;
        const double lower = probabilities_[counts.suffixes[i]];
        probabilities[i] = context.own(adjusted_[i], discounts) + context.lower_weight() * lower;
        entries[place] = {above, counts.words[i], log10_of(probabilities[i]), 0, place};
        ++place;
      }
      if (place != first) result_.orders.back()[above].backoff = log10_of(context.lower_weight());
    }
    result_.orders.push_back(std::move(entries));
    probabilities_ = std::move(probabilities);
    places_ = std::move(places);
  }

  [[nodiscard]] std::uint64_t threshold_of(std::size_t order) const {
    return options_.prune.empty() ? 0 : options_.prune[std::min(order, options_.prune.size()) - 1];
  }

  const std::vector<Counts>& counts_;
  const NGramTrainOptions& options_;
  const Account& account_;
  Array<std::uint32_t> adjusted_;
  Array<double> probabilities_;  ///< of the order below, by their place in the counts
  Array<std::uint32_t> places_;  ///< of the order below in its entries, by their place in the counts; empty: the same
  Estimates result_;
};

}  // namespace

float log10_of(double probability) noexcept { return std::min(0.0f, static_cast<float>(std::log10(probability))); }

Estimates kneser_ney(const std::vector<Counts>& counts, const NGramTrainOptions& options, const Account& account,
                     const std::stop_token& stop) {
  return Estimator(counts, options, account).run(stop);
}

}  // namespace ondol::ngram
