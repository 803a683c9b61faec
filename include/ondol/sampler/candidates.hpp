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
#include "ondol/sampler/nucleus.hpp"
#include "ondol/sampler/parameter.hpp"
#include "ondol/sampler/vocabulary_logits.hpp"
#include "ondol/sampler/weights.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol {

/// The tokens that may come next, with their logits. Steps of a sampler change logits and remove tokens.
///
/// Order: logit down, then id up, the same on every machine. It is made only as far as it is looked at, so that a
/// large vocabulary costs little. Sums are taken by id. A logit of -inf is no candidate.
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
    logits_.assign(logits);
    dense_ = true;
    settle();
  }

  [[nodiscard]] std::size_t vocabulary() const noexcept { return logits_.values().size(); }
  [[nodiscard]] std::size_t size() const noexcept { return dense_ ? logits_.count() : entries_.size(); }
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
  /// The largest logit; -inf if there are no candidates.
  [[nodiscard]] float max() const noexcept { return max_; }
  /// Sum of all weights exp(logit - max()): weight / total() is a probability.
  [[nodiscard]] double total() {
    if (sums_.empty()) add_up();
    return sums_.empty() ? 0 : sums_.back();
  }
  /// Calls use(entry, weight) for each of a weight of at least about `least`, ids ascending.
  template <class Use>
  void each(double least, Use use) {
    Entry found[part_size];
    float weights[part_size];
    std::size_t count = 0;
    const auto flush = [&] {
      for (std::size_t i = 0; i < count; ++i) weights[i] = found[i].logit;
      weigh({weights, count}, max_, weights);
      for (std::size_t i = 0; i < count; ++i) use(found[i], weights[i]);
      count = 0;
    };
    each_from(static_cast<float>(double{max_} + std::log(least) - 1e-3), [&](const Entry& entry) {
      found[count++] = entry;
      if (count == part_size) flush();
      return true;
    });
    flush();
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
    take_entries(n <= 1);
    sorted_ = n;
  }
  /// Keeps those of a weight of at least `least`, in [0, 1].
  void keep_from(double least) {
    rank(least, [](const Entry&) { return 0.0; });
    keep_ranked([least](const Ranked& one) { return double{one.weight} >= least; });
  }
  /// Keeps the fewest whose weights reach `need`, in the order of score(entry) up, then id up; the one that crosses it
  /// stays. Those of a weight below `least` are known not to be among them.
  template <class Score>
  void keep_nucleus(double need, double least, Score score) {
    if (empty()) return;
    rank(least, score);
    keep_ranked([last = nucleus_.last(ranked_, need)](const Ranked& one) { return !last.before(one); });
  }
  /// Removes tokens, by id; ids that are no candidates do nothing.
  void remove(std::span<const Token> ids) {
    if (ids.empty()) return;  // as mostly behind a step that looks for repetitions
    for (const Token id : ids) {
      if (float* logit = find(id)) *logit = -std::numeric_limits<float>::infinity();
    }
    refresh();
  }

  /// Divides all logits by `value` > 0. @throws Error numeric: to +inf.
  void divide(float value) {
    if (dense_) {
      logits_.divide(value);
    } else {
      for (Entry& entry : entries_) entry.logit /= value;
    }
    settle();
  }
  /// Sets the logit of each candidate that occurs in `ids` to f(logit, number of occurrences).
  /// @throws Error numeric: to NaN or +inf; invalid_argument: an id outside of the vocabulary.
  template <class F>
  void adjust(std::span<const Token> ids, F f) {
    for (const Token id : ids) detail::require_token(id, vocabulary(), "history");
    counts_.resize(vocabulary());
    for (const Token id : ids) ++counts_[static_cast<std::size_t>(id)];
    for (const Token id : ids) {
      std::uint32_t& count = counts_[static_cast<std::size_t>(id)];
      if (count == 0) continue;
      if (float* logit = find(id)) *logit = f(*logit, count);
      count = 0;
    }
    refresh();
  }

  /// Adds to the logits of single tokens. @throws Error as adjust().
  void add(std::span<const std::pair<Token, float>> biases) {
    for (const auto& [id, bias] : biases) {
      detail::require_token(id, vocabulary(), "bias");
      if (float* logit = find(id)) *logit += bias;
    }
    refresh();
  }

  /// The most likely one, of equals the lowest id. @throws Error numeric: there are no candidates.
  [[nodiscard]] Token best() {
    require_some();
    return first().id;
  }
  /// The first one by id whose probabilities so far go over `u`, a number in [0, 1).
  /// @throws Error numeric: there are no candidates.
  [[nodiscard]] Token draw(double u) {
    require_some();
    const double target = u * total();
    const auto at = std::min(std::upper_bound(sums_.begin(), sums_.end(), target), sums_.end() - 1);
    const auto begin = static_cast<std::size_t>(at - sums_.begin()) * part_size;
    float weights[part_size];
    const std::span<const float> logits = part(begin, weights);
    weigh(logits, max_, weights);
    double seen = at == sums_.begin() ? 0 : *(at - 1);
    std::size_t last = 0;
    for (std::size_t i = 0; i < logits.size() && seen <= target; ++i) {
      if (weights[i] == 0) continue;
      seen += double{weights[i]};
      last = i;
    }
    return dense_ ? static_cast<Token>(begin + last) : entries_[begin + last].id;
  }
  /// Probability of every token of the vocabulary, by id; 0 for those removed.
  [[nodiscard]] std::vector<double> probabilities() {
    std::vector<double> p(vocabulary());
    const double sum = total();
    each(0, [&](const Entry& entry, float weight) { p[static_cast<std::size_t>(entry.id)] = double{weight} / sum; });
    return p;
  }

 private:
  static constexpr std::size_t part_size = 256;

  static bool before(const Entry& a, const Entry& b) noexcept {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  }

  /// The logits of a part of all, by id, that begins at `begin`; sparse ones are copied to `buffer`.
  [[nodiscard]] std::span<const float> part(std::size_t begin, float* buffer) const {
    if (dense_) {
      const std::span<const float> all = logits_.values();
      return all.subspan(begin, std::min(part_size, all.size() - begin));
    }
    const std::size_t count = std::min(part_size, entries_.size() - begin);
    for (std::size_t i = 0; i < count; ++i) buffer[i] = entries_[begin + i].logit;
    return {buffer, count};
  }
  void add_up() {
    if (!dense_) order_by_id();
    if (empty()) return;
    float buffer[part_size];
    double seen = 0;
    for (std::size_t begin = 0; begin < (dense_ ? vocabulary() : entries_.size()); begin += part_size) {
      seen += sum_weights(part(begin, buffer), max_);
      sums_.push_back(seen);
    }
  }

  /// Calls use(entry) for those of a logit of at least `least`, ids ascending, while it returns true.
  template <class Use>
  void each_from(float least, Use use) {
    if (dense_) {
      logits_.each_from(least, [&](std::size_t id, float logit) { return use(Entry{logit, static_cast<Token>(id)}); });
      return;
    }
    order_by_id();
    for (const Entry& entry : entries_) {
      if (entry.logit >= least && !use(entry)) return;
    }
  }
  /// Makes entries of all: no longer dense.
  void list_all() {
    if (!dense_) return;
    entries_.clear();
    each_from(std::numeric_limits<float>::lowest(), [this](const Entry& entry) {
      entries_.push_back(entry);
      return true;
    });
    take_entries(true);
  }

  template <class Score>
  void rank(double least, Score score) {
    ranked_.clear();
    each(least,
         [&](const Entry& entry, float weight) { ranked_.push_back({score(entry), weight, entry.logit, entry.id}); });
  }
  template <class Predicate>
  void keep_ranked(Predicate good) {
    entries_.clear();
    for (const Ranked& one : ranked_) {
      if (good(one)) entries_.push_back({one.logit, one.id});
    }
    take_entries(true);
  }

  /// Brings the first `n` into order, or more.
  void order(std::size_t n) {
    if (dense_ && select(std::min(n, size()))) return;
    list_all();
    sort(n);
  }
  /// Makes entries of the `n` most likely of many, in order, and of those close below. False, and nothing is lost,
  /// where that is no gain.
  bool select(std::size_t n) {
    entries_.clear();
    sorted_ = 0;
    const float least = n > 0 ? logits_.reached_by(n) : -std::numeric_limits<float>::infinity();
    if (least < std::numeric_limits<float>::lowest()) return false;
    const std::size_t most = 8 * n + part_size;  // more are equals without end
    each_from(least, [&](const Entry& entry) {
      entries_.push_back(entry);
      return entries_.size() <= most;
    });
    if (entries_.size() > most) return false;
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
  /// The logit of a candidate, to be written; nullptr if it is none.
  float* find(Token id) {
    const auto i = static_cast<std::size_t>(id);
    if (dense_) {
      const bool found = i < vocabulary() && logits_.values()[i] >= std::numeric_limits<float>::lowest();
      return found ? &logits_.at(i) : nullptr;
    }
    order_by_id();
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), id,
                                     [](const Entry& entry, Token wanted) { return entry.id < wanted; });
    return at != entries_.end() && at->id == id ? &at->logit : nullptr;
  }
  /// After single logits were written.
  void refresh() {
    if (dense_) logits_.refresh();
    settle();
  }
  /// After entries were made of what is left.
  void take_entries(bool by_id) {
    dense_ = false;
    by_id_ = by_id;
    settle();
  }
  /// After a change: the impossible ones go, what was known of the others is forgotten.
  void settle() {
    sorted_ = 0;
    sums_.clear();
    const auto is_bad = [](float logit) { return !(logit < std::numeric_limits<float>::infinity()); };
    if (dense_) {
      entries_.clear();
      max_ = logits_.max();
      if (logits_.bad() == 0) return;
      const std::span<const float> all = logits_.values();
      const auto found = std::find_if(all.begin(), all.end(), is_bad);
      refuse({*found, static_cast<Token>(found - all.begin())});
    }
    std::erase_if(entries_, [](const Entry& e) { return e.logit < std::numeric_limits<float>::lowest(); });
    max_ = -std::numeric_limits<float>::infinity();
    for (const Entry& entry : entries_) {
      if (is_bad(entry.logit)) refuse(entry);
      max_ = std::max(max_, entry.logit);
    }
  }
  [[noreturn]] static void refuse(const Entry& bad) {
    throw Error(Status::numeric, "logit of token " + std::to_string(bad.id) + " is " + detail::number_text(bad.logit) +
                                     ", expected a number below infinity");
  }
  /// The most likely one; there must be one.
  [[nodiscard]] Entry first() {
    if (sorted_ > 0) return entries_.front();
    Entry found{};
    each_from(max_, [&](const Entry& entry) {
      found = entry;
      return false;
    });
    return found;
  }
  void require_some() const {
    if (empty()) throw Error(Status::numeric, "no token is left to choose from: all have probability 0");
  }

  VocabularyLogits logits_;
  std::vector<Entry> entries_;
  std::vector<Ranked> ranked_;
  Nucleus nucleus_;
  std::vector<std::uint32_t> counts_;  ///< by id; all 0 between calls
  std::vector<double> sums_;           ///< of weights up to the end of each part; none: not known
  bool dense_ = false;
  std::size_t sorted_ = 0;  ///< so many entries stand in front in their final order
  bool by_id_ = true;       ///< ids of entries ascend
  float max_ = -std::numeric_limits<float>::infinity();
};

}  // namespace ondol
