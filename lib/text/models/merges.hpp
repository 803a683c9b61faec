#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "text/vocabulary.hpp"

namespace ondol::text {

/// The merges of a byte-pair vocabulary: (left id, right id) -> (rank, merged id), and their application.
class Merges {
 public:
  /// @param rules  "left right" in order of rank; the blank is the first one after the first byte.
  /// @throws Error bad_file: a rule without a blank, or one whose parts or result are not in the vocabulary.
  Merges(const Vocabulary& vocabulary, std::span<const std::string_view> rules);

  struct Rule {
    Token left, right, merged;
    std::uint32_t rank;  ///< rules may share one: the leftmost place comes first then
  };
  explicit Merges(std::span<const Rule> rules);

  /// Applies the lowest rank present, leftmost first, until none is left; appends what remains.
  /// `symbols` is overwritten. O(n log n).
  void apply(std::span<Token> symbols, std::vector<Token>& out) const;

  /// Rank in the upper, merged id in the lower 32 bits; `none` if the pair does not merge.
  [[nodiscard]] std::uint64_t find(Token left, Token right) const noexcept;
  static constexpr std::uint64_t none = ~0ull;

 private:
  void reserve(std::size_t rules) { slots_.resize(std::bit_ceil(2 * rules + 2)); }
  void add(const Rule& rule);
  void apply_short(std::span<Token> symbols, std::vector<Token>& out) const;
  void apply_long(std::span<Token> symbols, std::vector<Token>& out) const;

  struct Slot {
    std::uint64_t pair = none;
    std::uint64_t merge = none;
  };
  std::vector<Slot> slots_;  // open addressing; a power of two, at least twice the rules
};

}  // namespace ondol::text
