#include "ngram/smoothing.hpp"

namespace ondol::ngram {
namespace {

constexpr const char* what = "estimating n-grams";

/// With occurrences added, the order below stands for the uniform distribution: its n-grams, but for those at the start
/// of a sentence, are never asked for by themselves.
class Frequencies {
 public:
  Frequencies(const std::vector<Counts>& counts, double added, const Account& account)
      : counts_(counts), added_(added), account_(account), words_(counts[0].size() - 2.0) {}  // no <s>, no <unk>

  Estimates run() {
    unigrams();
    for (std::size_t order = 2; order <= counts_.size(); ++order) ngrams(order);
    return std::move(result_);
  }

 private:
  [[nodiscard]] double share(std::uint32_t count, double total) const {
    return (count + added_) / (total + added_ * words_);
  }

  void unigrams() {
    const Counts& counts = counts_[0];
    const bool counted = counts_.size() == 1 || added_ == 0;
    double total = 0;
    for (const std::uint32_t count : counts.counts) total += count;
    total -= counts.counts[begin_id];
    Array<Entry> entries(account_, counts.size(), what);
    for (std::uint32_t id = 0; id < entries.size(); ++id) {
      double p = counted ? share(counts.counts[id], total) : 1 / words_;
      if (id == begin_id) p = 1;
      if (id == unknown_id) p = 0;
      entries[id] = {0, id, log10_of(p), 0, id};
    }
    result_.orders.push_back(std::move(entries));
  }

  void ngrams(std::size_t order) {
    const Counts& counts = counts_[order - 1];
    Array<Entry> entries(account_, counts.size(), what);
    for (std::uint32_t begin = 0, end = 0; begin < counts.size(); begin = end) {
      const std::uint32_t context = counts.contexts[begin];
      double total = 0;
      for (; end < counts.size() && counts.contexts[end] == context; ++end) total += counts.counts[end];
      const bool counted = order == counts_.size() || added_ == 0 || counts.starts_sentence(begin);
      for (std::uint32_t i = begin; i < end; ++i) {
        const double p = counted ? share(counts.counts[i], total) : 1 / words_;
        entries[i] = {context, counts.words[i], log10_of(p), 0, i};
      }
      if (counted) {
        const double unseen = added_ * words_ / (total + added_ * words_);
        result_.orders.back()[context].backoff = log10_of(unseen);
      }
    }
    result_.orders.push_back(std::move(entries));
  }

  const std::vector<Counts>& counts_;
  double added_;
  const Account& account_;
  double words_;
  Estimates result_;
};

}  // namespace

Estimates relative_frequencies(const std::vector<Counts>& counts, double added, const Account& account) {
  return Frequencies(counts, added, account).run();
}

}  // namespace ondol::ngram
