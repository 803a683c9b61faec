#include "ngram/units.hpp"

#include <array>
#include <iterator>

#include "base/utf8.hpp"
#include "text/vocabulary.hpp"

namespace ondol {
namespace {

constexpr const char* unit_names[] = {"words", "characters", "bytes"};

}  // namespace

const char* ngram_unit_name(NGramUnit unit) noexcept {
  const auto i = static_cast<std::size_t>(unit);
  return i < std::size(unit_names) ? unit_names[i] : "unknown";
}

namespace ngram {
namespace {

constexpr std::string_view space_word = "\u2581";
constexpr std::string_view replacement = "\uFFFD";

/// Bytes of other characters are never taken for a space.
bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

const std::array<std::string, 256>& byte_words() {
  static const std::array<std::string, 256> words = [] {
    std::array<std::string, 256> made;
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (std::size_t b = 0; b < made.size(); ++b) {
      made[b] = std::string("<0x") + digits[b / 16] + digits[b % 16] + ">";
    }
    return made;
  }();
  return words;
}

void split_words(std::string_view text, std::vector<std::string_view>& words) {
  for (std::size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < text.size() && !is_space(text[i])) ++i;
    words.push_back(text.substr(begin, i - begin));
  }
}

void split_characters(std::string_view text, std::vector<std::string_view>& words) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    words.push_back(is_space(text[i]) ? space_word : length == 0 ? replacement : text.substr(i, length));
    i += length == 0 ? 1 : length;
  }
}

}  // namespace

void split(std::string_view text, NGramUnit unit, std::vector<std::string_view>& words) {
  words.clear();
  switch (unit) {
    case NGramUnit::words: return split_words(text, words);
    case NGramUnit::characters: return split_characters(text, words);
    case NGramUnit::bytes:
      for (const char c : text) words.push_back(byte_words()[static_cast<unsigned char>(c)]);
  }
}

void join(std::string& text, std::string_view word, NGramUnit unit) {
  switch (unit) {
    case NGramUnit::words:
      if (!text.empty()) text += ' ';
      text += word;
      return;
    case NGramUnit::characters: text += word == space_word ? std::string_view(" ") : word; return;
    case NGramUnit::bytes:
      if (const auto byte = text::byte_of(word)) {
        text += static_cast<char>(*byte);
      } else {
        text += word;
      }
  }
}

std::optional<NGramUnit> unit_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(unit_names); ++i) {
    if (name == unit_names[i]) return static_cast<NGramUnit>(i);
  }
  return std::nullopt;
}

}  // namespace ngram
}  // namespace ondol
