#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ondol/error.hpp"
#include "ondol/sampler/exponential.hpp"
#include "ondol/sampler/parameter.hpp"
#include "ondol/sampler/top_logits.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol {

/// The tokens that may come next, with their logits. Steps of a sampler change logits and remove tokens.
///
/// Order: logit down, then id up, the same on every machine. It is made only as far as it is looked at, so that a
/// large vocabulary costs little. Sums are taken in double, by id or in sorted order. A logit of -inf is no candidate.
///
/// As long as most of a vocabulary is left ("dense") there are only the logits, by id, and entries for the most likely
/// as far as they were looked at; then there are entries for all that are left.
class Candidates {
 public:
  struct Entry {
    float logit;
    Token id;
    bool operator==(const Entry&) const = default;
  };

  Candidates() = default;
  explicit Candidates(std::span<const float> logits) { assign(logits); }

  /// Starts anew from the logits of a whole vocabulary; keeps the memory.
  /// @throws Error numeric: NaN or +inf.
  void assign(std::span<const float> logits) {
    vocabulary_ = logits.size();
    logits_.assign(logits.begin(), logits.end());
    dense_ = true;
    settle();
  }

  [[nodiscard]] std::size_t vocabulary() const noexcept { return vocabulary_; }
  [[nodiscard]] std::size_t size() const noexcept { return dense_ ? count_ : entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// In no particular order.
  [[nodiscard]] std::span<const Entry> entries() {
    list_all();
    return entries_;
  }

  /// The i-th most likely candidate.
  [[nodiscard]] const Entry& sorted(std::size_t i) {
    if (i >= sorted_) order(std::max({i + 1, 2 * sorted_, std::size_t{64}}));
    return entries_[i];
  }
  /// exp(logit - largest logit) of the i-th most likely candidate, in (0, 1].
  [[nodiscard]] double weight(std::size_t i) { return weight_of(sorted(i)); }
  /// exp(logit - largest logit)
  [[nodiscard]] double weight_of(const Entry& entry) { return double{exponential(entry.logit - max())}; }
  /// Sum of all weights: weight / total() is a probability.
  [[nodiscard]] double total() {
    if (total_ < 0) {
      if (!dense_ && sorted_ < size()) order_by_id();
      total_ = dense_ ? sum_weights(logits_.size(), [this](std::size_t i) { return logits_[i]; })
                      : sum_weights(entries_.size(), [this](std::size_t i) { return entries_[i].logit; });
    }
    return total_;
  }
  /// The largest logit; -inf if there are no candidates.
  [[nodiscard]] float max() {
    if (std::isnan(max_)) {
      max_ = largest(-std::numeric_limits<float>::infinity(), [](float logit) { return logit; });
    }
    return max_;
  }
  /// The largest magnitude of a logit; 0 if there are no candidates.
  [[nodiscard]] float magnitude() const noexcept {
    return largest(0, [](float logit) { return is_gone(logit) ? 0.0f : std::fabs(logit); });
  }

  /// Keeps the `n` most likely.
  void keep(std::size_t n) {
    if (n >= size()) return;
    if (n == 1) {
      const Entry one = first();
      entries_.assign(1, one);
    } else if (n > sorted_) {
      order(n);
    }
    entries_.resize(n);
    dense_ = false;
    by_id_ = n <= 1;
    sorted_ = n;
    total_ = -1;
    if (n == 0) max_ = std::numeric_limits<float>::quiet_NaN();
  }
  /// Keeps those for which `good(entry)` holds.
  template <class Predicate>
  void keep_if(Predicate good) {
    if (dense_) {
      list([&](const Entry& entry) { return good(entry); });
    } else {
      std::erase_if(entries_, [&](const Entry& entry) { return !good(entry); });
    }
    changed();
  }
  /// Removes tokens, by id; ids that are no candidates do nothing.
  void remove(std::span<const Token> ids) {
    for (const Token id : ids) {
      if (float* logit = find(id)) *logit = -std::numeric_limits<float>::infinity();
    }
    settle();
  }

  /// Sets each logit to f(logit). @throws Error numeric: to NaN or +inf.
  template <class F>
  void transform(F f) {
    if (dense_) {
      for (float& logit : logits_) logit = is_gone(logit) ? logit : f(logit);
    } else {
      for (Entry& entry : entries_) entry.logit = f(entry.logit);
    }
    settle();
  }
  /// Sets the logit of each candidate that occurs in `ids` to f(logit, number of occurrences).
  /// @throws Error numeric: to NaN or +inf; invalid_argument: an id outside of the vocabulary.
  template <class F>
  void adjust(std::span<const Token> ids, F f) {
    for (const Token id : ids) detail::require_token(id, vocabulary_, "history");
    counts_.resize(vocabulary_);
    for (const Token id : ids) ++counts_[static_cast<std::size_t>(id)];
    for (const Token id : ids) {
      std::uint32_t& count = counts_[static_cast<std::size_t>(id)];
      if (count == 0) continue;
      if (float* logit = find(id)) *logit = f(*logit, count);
      count = 0;
    }
    settle();
  }

  /// Adds to the logits of single tokens. @throws Error as adjust().
  void add(std::span<const std::pair<Token, float>> biases) {
    for (const auto& [id, bias] : biases) {
      detail::require_token(id, vocabulary_, "bias");
      if (float* logit = find(id)) *logit += bias;
    }
    settle();
  }

  /// The most likely one, of equals the lowest id. @throws Error numeric: there are no candidates.
  [[nodiscard]] Token best() {
    require_some();
    return first().id;
  }
  /// The first one in sorted order whose probabilities so far go over `u`, a number in [0, 1).
  /// @throws Error numeric: there are no candidates.
  [[nodiscard]] Token draw(double u) {
    require_some();
    const double target = u * total();
    double seen = 0;
    Token last = best();
    for (std::size_t i = 0; i < size() && seen <= target; ++i) {
      const double w = weight(i);
      if (w == 0) break;
      seen += w;
      last = sorted(i).id;
    }
    return last;
  }
  /// Probability of every token of the vocabulary, by id; 0 for those removed.
  [[nodiscard]] std::vector<double> probabilities() {
    std::vector<double> p(vocabulary_);
    const double sum = total();
    for (const Entry& entry : entries()) p[static_cast<std::size_t>(entry.id)] = weight_of(entry) / sum;
    return p;
  }

  /// For steps that need another order: memory that stays, and keeping what stands in it.
  struct Scored {
    double score;
    Entry entry;
  };
  [[nodiscard]] std::vector<Scored>& scratch() noexcept { return scratch_; }
  void keep_scratch() {
    entries_.clear();
    for (const Scored& scored : scratch_) entries_.push_back(scored.entry);
    dense_ = false;
    by_id_ = false;
    changed();
  }

 private:
  static bool before(const Entry& a, const Entry& b) noexcept {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  }
  static bool is_gone(float logit) noexcept { return logit < std::numeric_limits<float>::lowest(); }

  /// The largest f(logit) of all, at least `least`.
  template <class F>
  [[nodiscard]] float largest(float least, F f) const noexcept {
    if (dense_) return largest_of(logits_, least, f);
    for (const Entry& entry : entries_) least = f(entry.logit) > least ? f(entry.logit) : least;
    return least;
  }

  template <class Logit>
  [[nodiscard]] double sum_weights(std::size_t count, Logit logit) {
    const float largest = max();
    double sum = 0;
    for (std::size_t begin = 0; begin < count; begin += 64) {  // in parts, whose exponentials go several at a time
      float weights[64];
      const std::size_t n = std::min<std::size_t>(64, count - begin);
      for (std::size_t i = 0; i < n; ++i) weights[i] = exponential(logit(begin + i) - largest);
      for (std::size_t i = 0; i < n; ++i) sum += double{weights[i]};
    }
    return sum;
  }

  /// Makes entries of those for which `good(entry)` holds: no longer dense.
  template <class Predicate>
  void list(Predicate good) {
    entries_.clear();
    for (std::size_t i = 0; i < logits_.size(); ++i) {
      const Entry entry{logits_[i], static_cast<Token>(i)};
      if (!is_gone(entry.logit) && good(entry)) entries_.push_back(entry);
    }
    dense_ = false;
    by_id_ = true;
    sorted_ = 0;
  }
  void list_all() {
    if (dense_) list([](const Entry&) { return true; });
  }

  /// Brings the first `n` into order, or more.
  void order(std::size_t n) {
    if (dense_ && select(std::min(n, size()))) return;
    list_all();
    sort(n);
  }
  /// Makes entries of the `n` most likely of many, in order, and of those as likely as the last. False, and nothing is
  /// lost, where that is no gain.
  bool select(std::size_t n) {
    entries_.clear();
    sorted_ = 0;
    const bool found = n > 0 && top_.each(logits_, n, [this](std::size_t id) {
      entries_.push_back({logits_[id], static_cast<Token>(id)});
    });
    if (!found) {
      entries_.clear();
      return false;
    }
    std::sort(entries_.begin(), entries_.end(), before);
    sorted_ = entries_.size();
    return true;
  }
  /// Brings the first `n` entries into order.
  void sort(std::size_t n) {
    n = std::min(n, size());
    const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(sorted_);
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(n);
    if (end != entries_.end()) std::nth_element(begin, end, entries_.end(), before);
    std::sort(begin, end, before);
    sorted_ = n;
    by_id_ = false;
  }
  void order_by_id() {
    if (by_id_) return;
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
    by_id_ = true;
    sorted_ = 0;
  }
  /// The logit of a candidate; nullptr if it is none.
  float* find(Token id) {
    const auto i = static_cast<std::size_t>(id);
    if (dense_) return i < logits_.size() && !is_gone(logits_[i]) ? &logits_[i] : nullptr;
    order_by_id();
    if (i < entries_.size() && entries_[i].id == id) return &entries_[i].logit;
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), id,
                                     [](const Entry& entry, Token wanted) { return entry.id < wanted; });
    return at != entries_.end() && at->id == id ? &at->logit : nullptr;
  }
  /// After logits were written: the impossible ones go.
  void settle() {
    std::uint32_t good = 0;
    std::uint32_t gone = 0;
    const auto see = [&](float logit) {  // without branches: this runs over whole vocabularies
      good += logit < std::numeric_limits<float>::infinity() ? 1 : 0;
      gone += is_gone(logit) ? 1 : 0;
    };
    if (dense_) {
      for (const float logit : logits_) see(logit);
    } else {
      for (const Entry& entry : entries_) see(entry.logit);
    }
    if (good < (dense_ ? logits_.size() : entries_.size())) refuse();
    if (dense_) {
      count_ = logits_.size() - gone;
      entries_.clear();
    } else if (gone > 0) {
      std::erase_if(entries_, [](const Entry& e) { return is_gone(e.logit); });
    }
    changed();
  }
  [[noreturn]] void refuse() {
    const auto is_bad = [](float logit) { return !(logit < std::numeric_limits<float>::infinity()); };
    Entry bad{};
    if (dense_) {
      const auto found = std::find_if(logits_.begin(), logits_.end(), is_bad);
      bad = {*found, static_cast<Token>(found - logits_.begin())};
    } else {
      bad = *std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return is_bad(e.logit); });
    }
    throw Error(Status::numeric, "logit of token " + std::to_string(bad.id) + " is " + detail::number_text(bad.logit) +
                                     ", expected a number below infinity");
  }
  /// The most likely one; there must be one.
  [[nodiscard]] Entry first() {
    if (sorted_ > 0) return entries_.front();
    const float largest = max();
    if (dense_) {
      const auto at = std::find(logits_.begin(), logits_.end(), largest);
      return {largest, static_cast<Token>(at - logits_.begin())};
    }
    const Entry* found = nullptr;
    for (const Entry& entry : entries_) {
      if (entry.logit == largest && (!found || entry.id < found->id)) found = &entry;
    }
    return *found;
  }
  void changed() noexcept {
    sorted_ = 0;
    total_ = -1;
    max_ = std::numeric_limits<float>::quiet_NaN();
  }
  void require_some() const {
    if (empty()) throw Error(Status::numeric, "no token is left to choose from: all have probability 0");
  }

  std::vector<float> logits_;  ///< dense: by id, -inf is gone
  std::vector<Entry> entries_;
  TopLogits top_;
  std::vector<Scored> scratch_;
  std::vector<std::uint32_t> counts_;  ///< by id; all 0 between calls
  std::size_t vocabulary_ = 0;
  bool dense_ = false;
  std::size_t count_ = 0;                                ///< dense: candidates
  std::size_t sorted_ = 0;                               ///< so many entries stand in front in their final order
  bool by_id_ = true;                                    ///< ids of entries ascend
  float max_ = std::numeric_limits<float>::quiet_NaN();  ///< NaN = not known
  double total_ = -1;                                    ///< negative = not known
};

}  // namespace ondol
