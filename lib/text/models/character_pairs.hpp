#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ondol::text {

/// Pairs of neighbouring characters that a vocabulary can join into one token. A text may be cut between two characters
/// that are no such pair: the tokens of the parts are those of the whole.
class CharacterPairs {
 public:
  void add(char32_t last, char32_t first) { pairs_.push_back(std::uint64_t(last) << 32 | first); }
  /// To be called once, after the last add().
  void build();
  [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }
  [[nodiscard]] bool contains(char32_t last, char32_t first) const noexcept;

 private:
  std::vector<std::uint64_t> pairs_;  // as added; then the slots of open addressing
};

/// First and last character of a text that is not empty; a wrong byte counts as a character of its own.
[[nodiscard]] char32_t first_character(std::string_view text) noexcept;
[[nodiscard]] char32_t last_character(std::string_view text) noexcept;

}  // namespace ondol::text
