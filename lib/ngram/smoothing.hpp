#pragma once

#include <stop_token>
#include <vector>

#include "ngram/counts.hpp"
#include "ngram/trie.hpp"
#include "ondol/ngram_trainer.hpp"

namespace ondol::ngram {

/// Entries of all orders, unigrams first: probabilities and back-off weights as logarithms to the base of 10. <s> as a
/// word has logarithm 0: it is given.
struct Estimates {
  std::vector<Array<Entry>> orders;
  std::vector<NGramEstimate::Discounts> discounts;
};

/// @throws Error invalid_argument: discounts that cannot be estimated; out_of_memory; cancelled.
[[nodiscard]] Estimates kneser_ney(const std::vector<Counts>& counts, const NGramTrainOptions& options,
                                   const Account& account, const std::stop_token& stop);
/// Relative frequencies, with `added` occurrences of each word behind each context; 0 = none.
[[nodiscard]] Estimates relative_frequencies(const std::vector<Counts>& counts, double added, const Account& account);

[[nodiscard]] float log10_of(double probability) noexcept;

}  // namespace ondol::ngram
