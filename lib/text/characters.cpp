#include "text/characters.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/utf8.hpp"

namespace ondol::text {
namespace {

struct Range {
  char32_t first, last;
};
struct ScriptRun {
  char32_t first, last;
  std::int16_t script;
};

#include "text/character_tables.inc"

template <class Entry>
const Entry* find(std::span<const Entry> table, char32_t c) noexcept {
  const auto at = std::partition_point(table.begin(), table.end(), [&](const Entry& e) { return e.last < c; });
  return at != table.end() && at->first <= c ? &*at : nullptr;
}

bool in(std::span<const Range> table, char32_t c) noexcept { return find(table, c) != nullptr; }

/// Capital letters that older versions of utf8proc lack: [first, last] become themselves plus `distance`.
struct Capital {
  char32_t first, last;
  std::int32_t distance;
};
constexpr Capital capitals[] = {
    {0x1C89, 0x1C89, 1},      {0xA7CB, 0xA7CB, 0x264 - 0xA7CB},
    {0xA7CC, 0xA7CC, 1},      {0xA7CE, 0xA7CE, 1},
    {0xA7D2, 0xA7D2, 1},      {0xA7D4, 0xA7D4, 1},
    {0xA7DA, 0xA7DA, 1},      {0xA7DC, 0xA7DC, 0x19B - 0xA7DC},
    {0x10D50, 0x10D65, 0x20}, {0x16EA0, 0x16EB8, 0x1B},
};

}  // namespace

bool is_white_space(char32_t c) noexcept {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D);
  return in(white_space_ranges, c);
}

bool is_word(char32_t c) noexcept {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  if (c >= 0xAC00 && c <= 0xD7A3) return true;
  return in(word_ranges, c);
}

bool is_numeric(char32_t c) noexcept { return c < 0x80 ? c >= '0' && c <= '9' : in(numeric_ranges, c); }
bool is_punctuation(char32_t c) noexcept { return in(punctuation_ranges, c); }
bool is_mark(char32_t c) noexcept { return c >= 0x300 && in(mark_ranges, c); }
bool is_nonspacing_mark(char32_t c) noexcept { return c >= 0x300 && in(nonspacing_mark_ranges, c); }
bool is_unclean(char32_t c) noexcept { return in(unclean_ranges, c); }

int script_of(char32_t c) noexcept {
  const ScriptRun* run = find(std::span<const ScriptRun>(script_runs), c);
  return run ? run->script : -1;
}

void append_lower(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += char(c >= 'A' && c <= 'Z' ? c + 32 : c);
  } else if (c == 0x130) {
    out += "i\xCC\x87";  // the only character whose lower case is two
  } else if (const Capital* capital = find(std::span<const Capital>(capitals), c)) {
    utf8_append(out, char32_t(std::int32_t(c) + capital->distance));
  } else {
    utf8_append(out, char32_t(utf8proc_tolower(utf8proc_int32_t(c))));
  }
}

Character next_character(std::string_view text) noexcept {
  const auto byte = static_cast<unsigned char>(text.front());
  if (byte < 0x80) return {byte, 1};
  const std::size_t n = utf8_length(text);
  return n == 0 ? Character{0xFFFD, 1} : Character{utf8_decode(text, n), n};
}

}  // namespace ondol::text
