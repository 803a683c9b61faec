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
#include "ondol/tokenizer.hpp"

namespace ondol {

/// The tokens that may come next, with their logits. Steps of a sampler change logits and remove tokens.
///
/// Order: logit down, then id up, the same on every machine. It is made only as far as it is looked at, so that a
/// large vocabulary costs little. Sums are taken in double, by id or in sorted order. A logit of -inf is no candidate.
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
    entries_.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) entries_[i] = {logits[i], static_cast<Token>(i)};
    by_id_ = true;
    settle();
  }

  [[nodiscard]] std::size_t vocabulary() const noexcept { return vocabulary_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// In no particular order.
  [[nodiscard]] std::span<const Entry> entries() const noexcept { return entries_; }

  /// The i-th most likely candidate.
  [[nodiscard]] const Entry& sorted(std::size_t i) {
    if (i >= sorted_) sort(std::max({i + 1, 2 * sorted_, std::size_t{64}}));
    return entries_[i];
  }
  /// exp(logit - largest logit) of the i-th most likely candidate, in (0, 1].
  [[nodiscard]] double weight(std::size_t i) { return weight_of(sorted(i)); }
  /// exp(logit - largest logit)
  [[nodiscard]] double weight_of(const Entry& entry) { return double{exponential(entry.logit - max())}; }
  /// Sum of all weights: weight / total() is a probability.
  [[nodiscard]] double total() {
    if (total_ < 0) {
      if (sorted_ < size()) order_by_id();
      const float largest = max();
      double sum = 0;
      for (std::size_t begin = 0; begin < size(); begin += 64) {  // in parts, whose exponentials go several at a time
        float weights[64];
        const std::size_t n = std::min<std::size_t>(64, size() - begin);
        for (std::size_t i = 0; i < n; ++i) weights[i] = exponential(entries_[begin + i].logit - largest);
        for (std::size_t i = 0; i < n; ++i) sum += double{weights[i]};
      }
      total_ = sum;
    }
    return total_;
  }
  /// The largest logit; -inf if there are no candidates.
  [[nodiscard]] float max() {
    if (std::isnan(max_)) {
      float largest = -std::numeric_limits<float>::infinity();
      for (const Entry& entry : entries_) largest = entry.logit > largest ? entry.logit : largest;
      max_ = largest;
    }
    return max_;
  }

  /// Keeps the `n` most likely.
  void keep(std::size_t n) {
    if (n >= size()) return;
    if (n == 1) {
      std::iter_swap(entries_.begin(), first());
    } else if (n > sorted_) {
      sort(n);
    }
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(n), entries_.end());
    by_id_ = n <= 1;
    sorted_ = n;
    total_ = -1;
    if (n == 0) max_ = std::numeric_limits<float>::quiet_NaN();
  }
  /// Keeps those for which `good(entry)` holds.
  template <class Predicate>
  void keep_if(Predicate good) {
    std::erase_if(entries_, [&](const Entry& entry) { return !good(entry); });
    changed();
  }
  /// Removes tokens, by id; ids that are no candidates do nothing.
  void remove(std::span<const Token> ids) {
    for (const Token id : ids) {
      if (Entry* entry = find(id)) entry->logit = -std::numeric_limits<float>::infinity();
    }
    settle();
  }

  /// Sets each logit to f(logit). @throws Error numeric: to NaN or +inf.
  template <class F>
  void transform(F f) {
    for (Entry& entry : entries_) entry.logit = f(entry.logit);
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
      if (Entry* entry = find(id)) entry->logit = f(entry->logit, count);
      count = 0;
    }
    settle();
  }

  /// Adds to the logits of single tokens. @throws Error as adjust().
  void add(std::span<const std::pair<Token, float>> biases) {
    for (const auto& [id, bias] : biases) {
      detail::require_token(id, vocabulary_, "bias");
      if (Entry* entry = find(id)) entry->logit += bias;
    }
    settle();
  }

  /// The most likely one, of equals the lowest id. @throws Error numeric: there are no candidates.
  [[nodiscard]] Token best() {
    require_some();
    return first()->id;
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
      last = entries_[i].id;
    }
    return last;
  }
  /// Probability of every token of the vocabulary, by id; 0 for those removed.
  [[nodiscard]] std::vector<double> probabilities() {
    std::vector<double> p(vocabulary_);
    const double sum = total();
    for (const Entry& entry : entries_) p[static_cast<std::size_t>(entry.id)] = weight_of(entry) / sum;
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
    by_id_ = false;
    changed();
  }

 private:
  static bool before(const Entry& a, const Entry& b) noexcept {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  }
  /// Brings the first `n` into order.
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
  Entry* find(Token id) {
    order_by_id();
    const auto i = static_cast<std::size_t>(id);
    if (i < entries_.size() && entries_[i].id == id) return &entries_[i];
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), id,
                                     [](const Entry& entry, Token wanted) { return entry.id < wanted; });
    return at != entries_.end() && at->id == id ? &*at : nullptr;
  }
  /// After logits were written: the impossible ones go.
  void settle() {
    bool good = true;
    bool gone = false;
    for (const Entry& entry : entries_) {  // without branches: this runs over whole vocabularies
      good &= entry.logit < std::numeric_limits<float>::infinity();
      gone |= entry.logit < std::numeric_limits<float>::lowest();
    }
    if (!good) refuse();
    if (gone) std::erase_if(entries_, [](const Entry& e) { return e.logit < std::numeric_limits<float>::lowest(); });
    changed();
  }
  [[noreturn]] void refuse() const {
    const auto bad = std::find_if(entries_.begin(), entries_.end(),
                                  [](const Entry& e) { return !(e.logit < std::numeric_limits<float>::infinity()); });
    throw Error(Status::numeric, "logit of token " + std::to_string(bad->id) + " is " +
                                     detail::number_text(bad->logit) + ", expected a number below infinity");
  }
  /// The most likely one; there must be one.
  [[nodiscard]] std::vector<Entry>::iterator first() {
    if (sorted_ > 0) return entries_.begin();
    auto found = entries_.end();
    const float largest = max();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (entry->logit == largest && (found == entries_.end() || entry->id < found->id)) found = entry;
    }
    return found;
  }
  void changed() noexcept {
    sorted_ = 0;
    total_ = -1;
    max_ = std::numeric_limits<float>::quiet_NaN();
  }
  void require_some() const {
    if (empty()) throw Error(Status::numeric, "no token is left to choose from: all have probability 0");
  }

  std::vector<Entry> entries_;
  std::vector<Scored> scratch_;
  std::vector<std::uint32_t> counts_;  ///< by id; all 0 between calls
  std::size_t vocabulary_ = 0;
  std::size_t sorted_ = 0;                               ///< so many entries stand in front in their final order
  bool by_id_ = true;                                    ///< ids ascend
  float max_ = std::numeric_limits<float>::quiet_NaN();  ///< NaN = not known
  double total_ = -1;                                    ///< negative = not known
};

}  // namespace ondol
