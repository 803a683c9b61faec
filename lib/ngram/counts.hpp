#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "ngram/array.hpp"
#include "ngram/words.hpp"

namespace ondol::ngram {

/// Ids of the words that every training vocabulary begins with.
enum SpecialId : std::uint32_t { unknown_id = 0, begin_id = 1, end_id = 2 };

/// The n-grams of one order that a text has, sorted by context, then by word. Parallel arrays.
struct Counts {
  Array<std::uint32_t> contexts;  ///< place of the first n - 1 words in the order below; unigrams: empty
  Array<std::uint32_t> words;     ///< the last word; unigrams: empty, for they stand by id
  Array<std::uint32_t> counts;    ///< how often they occur
  Array<std::uint32_t> suffixes;  ///< place of the last n - 1 words in the order below; unigrams: empty
  /// [begin, end) of those that start with <s>.
  std::uint32_t begin_first = 0;
  std::uint32_t begin_last = 0;

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(counts.size()); }
  [[nodiscard]] bool starts_sentence(std::uint32_t i) const noexcept { return i >= begin_first && i < begin_last; }
};

/// Counts the n-grams of the orders 1 .. `order`.
/// @param text        ids of sentences, each between begin_id and end_id; fewer than 2^32 - 1.
/// @param vocabulary  number of words.
/// @throws Error out_of_memory; cancelled.
[[nodiscard]] std::vector<Counts> count_ngrams(std::span<const std::uint32_t> text, std::uint32_t vocabulary,
                                               std::size_t order, const Account& account, const std::stop_token& stop);

}  // namespace ondol::ngram
