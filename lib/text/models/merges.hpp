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
  struct Text {
    std::string_view left, right;
  };
  /// @param rules   in order of rank
  /// @param prefix  bytes of the right part that its merged token lacks ("##")
  /// @throws Error bad_file: a rule whose parts or result are not in the vocabulary.
  Merges(const Vocabulary& vocabulary, std::span<const Text> rules, std::size_t prefix = 0);

  struct Rule {
    Token left, right, merged;
    std::uint32_t rank;  ///< rules may share one: the leftmost place comes first then
  };
  explicit Merges(std::span<const Rule> rules);

  /// Applies the lowest rank present, leftmost first, until none is left; appends what remains.
  /// `symbols` is overwritten; `starts`, unless nullptr, gets the first symbol of each result. O(n log n).
  void apply(std::span<Token> symbols, std::vector<Token>& out, std::vector<std::uint32_t>* starts = nullptr) const;

  /// Rank in the upper, merged id in the lower 32 bits; `none` if the pair does not merge.
  [[nodiscard]] std::uint64_t find(Token left, Token right) const noexcept;
  static constexpr std::uint64_t none = ~0ull;

 private:
  void reserve(std::size_t rules) { slots_.resize(std::bit_ceil(2 * rules + 2)); }
  void add(const Rule& rule);
  template <bool with_starts>
  void apply_short(std::span<Token> symbols, std::vector<Token>& out, std::vector<std::uint32_t>* starts) const;
  void apply_long(std::span<Token> symbols, std::vector<Token>& out, std::vector<std::uint32_t>* starts) const;

  struct Slot {
    std::uint64_t pair = none;
    std::uint64_t merge = none;
  };
  std::vector<Slot> slots_;  // open addressing; a power of two, at least twice the rules
};

/// Rules as files write them, "left right": the blank is the first one after the first byte.
/// @throws Error bad_file: a rule without a blank.
[[nodiscard]] std::vector<Merges::Text> split_rules(std::span<const std::string_view> rules);

}  // namespace ondol::text
