#pragma once

#include <string>
#include <string_view>

namespace ondol::text {

/// Classes of characters as Hugging Face's tokenizers have them: each of its parts has a Unicode version of its own, so
/// that these are tables of its answers (tests/python/character_tables.py) rather than a Unicode library's.
[[nodiscard]] bool is_white_space(char32_t c) noexcept;      ///< Unicode's White_Space
[[nodiscard]] bool is_numeric(char32_t c) noexcept;          ///< Nd, Nl, No
[[nodiscard]] bool is_punctuation(char32_t c) noexcept;      ///< P* and ASCII's signs
[[nodiscard]] bool is_word(char32_t c) noexcept;             ///< `\w`
[[nodiscard]] bool is_mark(char32_t c) noexcept;             ///< M*, as StripAccents drops them
[[nodiscard]] bool is_nonspacing_mark(char32_t c) noexcept;  ///< Mn, as BertNormalizer drops them
[[nodiscard]] bool is_unclean(char32_t c) noexcept;          ///< what BertNormalizer's clean_text drops

/// Number of the script that UnicodeScripts sees in a character; -1: one that goes with any.
[[nodiscard]] int script_of(char32_t c) noexcept;

/// Appends the lower case of a character.
void append_lower(char32_t c, std::string& out);

/// The next character of a text and its length; a byte that is no UTF-8 is a character of its own, U+FFFD.
struct Character {
  char32_t code;
  std::size_t size;
};
[[nodiscard]] Character next_character(std::string_view text) noexcept;

}  // namespace ondol::text
