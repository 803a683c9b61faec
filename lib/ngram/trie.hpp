#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ngram/packed.hpp"
#include "ngram/values.hpp"
#include "ngram/words.hpp"

namespace ondol::ngram {

/// An n-gram on its way from a file or from counts into a trie or a file: its first n - 1 words are entry `context` of
/// the order below. Logarithms to the base of 10.
struct Entry {
  std::uint32_t context;
  std::uint32_t word;
  float probability;
  float backoff;
  std::uint32_t place;  ///< among the n-grams of its order in the file
};

/// The n-grams of all orders. Those of order n are sorted by context, then by word, so that the n-grams that extend a
/// context stand side by side: each holds its last word, and where the n-grams begin that it is the context of.
class Trie {
 public:
  explicit Trie(Account account) : account_(std::move(account)) {}

  /// Adds the n-grams of the next order, sorted; unigrams: one for each word, in order of ids.
  /// @param contexts  whether another order will follow.
  void add_order(std::span<const Entry> entries, bool contexts);

  [[nodiscard]] std::size_t order() const noexcept { return levels_.size(); }
  [[nodiscard]] std::uint32_t size(std::size_t order) const noexcept { return levels_[order - 1].size; }
  [[nodiscard]] std::uint64_t bytes() const noexcept;

  /// Entries [begin, end) of the order above that extend entry `context` of `order`.
  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
  };
  [[nodiscard]] Range extensions(std::size_t order, std::uint32_t context) const noexcept {
    const AscendingNumbers& begins = levels_[order - 1].extensions;
    return {begins[context], begins[context + 1]};
  }
  /// The entry of `order` in `range` whose last word is `word`, or `none`.
  [[nodiscard]] std::uint32_t find(std::size_t order, Range range, std::uint32_t word) const noexcept {
    if (range.begin == range.end) return none;
    const Level& level = levels_[order - 1];
    std::uint32_t first = range.begin;
    for (std::uint32_t left = range.end - range.begin; left > 1;) {  // without branches that nobody could foretell
      const std::uint32_t half = left / 2;
      first += level.rows.get(first + half, level.word) <= word ? half : 0;
      left -= half;
    }
    return level.rows.get(first, level.word) == word ? first : none;
  }
  /// Asks for the memory that find() in `range` begins with.
  void prefetch(std::size_t order, Range range) const noexcept {
    levels_[order - 1].rows.prefetch(range.begin + (range.end - range.begin) / 2);
  }
  /// Last word of an n-gram, n > 1.
  [[nodiscard]] std::uint32_t word(std::size_t order, std::uint32_t entry) const noexcept {
    return levels_[order - 1].rows.get(entry, levels_[order - 1].word);
  }
  [[nodiscard]] double probability(std::size_t order, std::uint32_t entry) const noexcept {
    const Level& level = levels_[order - 1];
    return level.probabilities.decode(level.rows.get(entry, level.probability));
  }
  /// Of an n-gram that can be a context.
  [[nodiscard]] double backoff(std::size_t order, std::uint32_t entry) const noexcept {
    const Level& level = levels_[order - 1];
    return level.backoffs.decode(level.rows.get(entry, level.backoff));
  }
  /// The n-gram of the order below that `entry` extends, n > 1.
  [[nodiscard]] std::uint32_t context(std::size_t order, std::uint32_t entry) const noexcept;

 private:
  struct Level {
    std::uint32_t size = 0;
    PackedRows rows;
    Field word;  ///< unigrams have none: their place is their id
    Field probability;
    Field backoff;
    Values probabilities;
    Values backoffs;
    AscendingNumbers extensions;  ///< size + 1 places in the order above
  };
  Account account_;
  std::vector<Level> levels_;
};

}  // namespace ondol::ngram
