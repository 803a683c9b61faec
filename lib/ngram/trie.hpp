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
///
/// Words are sorted by a key: their id times an odd number, modulo a power of two. Keys of whatever words spread
/// evenly, so that the place of a word among many is nearly known beforehand (interpolation search: Perl, Itai, Avni
/// 1978).
class Trie {
 public:
  explicit Trie(Account account) : account_(std::move(account)) {}

  /// Adds the n-grams of the next order, sorted by before(); unigrams: one for each word, in order of ids.
  /// @param contexts  whether another order will follow.
  void add_order(std::span<const Entry> entries, bool contexts);
  /// The order of n-grams, n > 1.
  [[nodiscard]] bool before(const Entry& a, const Entry& b) const noexcept {
    return a.context != b.context ? a.context < b.context : key_of(a.word) < key_of(b.word);
  }

  [[nodiscard]] std::size_t order() const noexcept { return levels_.size(); }
  [[nodiscard]] std::uint32_t size(std::size_t order) const noexcept { return levels_[order - 1].size; }
  [[nodiscard]] std::uint64_t bytes() const noexcept;

  /// Entries [begin, end) of the order above that extend entry `context` of `order`.
  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
  };
  [[nodiscard]] Range extensions(std::size_t order, std::uint32_t context) const noexcept {
    const Level& level = levels_[order - 1];
    return {level.extensions_of(context), level.extensions_of(context + 1)};
  }
  /// The entry of `order` in `range` whose last word is `word`, or `none`.
  [[nodiscard]] std::uint32_t find(std::size_t order, Range range, std::uint32_t word) const noexcept {
    const Level& level = levels_[order - 1];
    const std::uint32_t key = key_of(word);
    auto [begin, end] = range;
    std::uint64_t least = 0;  // keys in the range are in [least, most)
    std::uint64_t most = std::uint64_t{1} << level.word.bits;
    for (int probes = most_probes; end - begin > few && probes > 0; --probes) {
      const auto middle = static_cast<std::uint32_t>(begin + (key - least) * (end - begin) / (most - least));
      const std::uint32_t found = level.rows.get(middle, level.word);
      if (found == key) return middle;
      (found < key ? begin : end) = found < key ? middle + 1 : middle;
      (found < key ? least : most) = found < key ? found + 1 : found;
    }
    if (begin == end) return none;
    for (std::uint32_t left = end - begin; left > 1;) {  // without branches that nobody could foretell
      const std::uint32_t half = left / 2;
      begin += level.rows.get(begin + half, level.word) <= key ? half : 0;
      left -= half;
    }
    return level.rows.get(begin, level.word) == key ? begin : none;
  }
  /// Asks for the memory that find() begins with.
  void prefetch(std::size_t order, Range range, std::uint32_t word) const noexcept {
    const Level& level = levels_[order - 1];
    const std::uint64_t size = range.end - range.begin;
    level.rows.prefetch(range.begin + (size * key_of(word) >> level.word.bits));
  }
  /// Last word of an n-gram, n > 1.
  [[nodiscard]] std::uint32_t word(std::size_t order, std::uint32_t entry) const noexcept {
    return levels_[order - 1].rows.get(entry, levels_[order - 1].word) * key_inverse & key_mask_;
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
  static constexpr std::uint32_t block = 32;
  struct Level {
    std::uint32_t size = 0;
    PackedRows rows;
    Field word;  ///< its key; unigrams have none: their place is their id
    Field probability;
    Field backoff;
    Values probabilities;
    Values backoffs;
    Field extensions;             ///< where they begin, behind those of the first of the block
    Array<std::uint32_t> firsts;  ///< where those of the first n-gram of each block of 32 begin
    [[nodiscard]] std::uint32_t extensions_of(std::uint32_t entry) const noexcept {
      return firsts[entry / block] + rows.get(entry, extensions);
    }
  };
  /// Of 2^32 over the golden ratio (Knuth, TAOCP 6.4), and its inverse modulo 2^32.
  static constexpr std::uint32_t key_factor = 0x9E3779B1u;
  static constexpr std::uint32_t key_inverse = 0x0E8B2F51u;
  static_assert(key_factor * key_inverse == 1);
  /// In ranges of at most `few` words, and where keys do not spread after all, the middle is as good a guess.
  static constexpr std::uint32_t few = 8;
  static constexpr int most_probes = 8;
  /// Tells the entries of the highest order where the n-grams begin that extend them.
  void set_extensions(std::span<const Entry> extensions);
  [[nodiscard]] std::uint32_t key_of(std::uint32_t word) const noexcept { return word * key_factor & key_mask_; }

  Account account_;
  std::uint32_t key_mask_ = 0;  ///< as many bits as words need
  std::vector<Level> levels_;
};

}  // namespace ondol::ngram
