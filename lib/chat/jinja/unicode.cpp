#include "chat/jinja/unicode.hpp"

#include <utf8proc.h>

#include "base/utf8.hpp"

namespace ondol::jinja {
namespace {

utf8proc_category_t category(char32_t code) noexcept { return utf8proc_category(static_cast<utf8proc_int32_t>(code)); }

utf8proc_int32_t signed_code(char32_t code) noexcept { return static_cast<utf8proc_int32_t>(code); }

/// Word_Break's ignorable marks and punctuation, as far as they stand inside words.
bool is_case_ignorable(char32_t code) noexcept {
  switch (category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: return code == '\'' || code == '.' || code == ':' || code == 0xB7 || code == 0x2019;
  }
}

bool is_cased(char32_t code) noexcept { return is_lower(code) || is_upper(code) || is_title(code); }

}  // namespace

bool is_space(char32_t code) noexcept {
  return (code >= 9 && code <= 13) || (code >= 28 && code <= 32) || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
         code == 0x3000;
}

bool is_alpha(char32_t code) noexcept {
  const auto c = category(code);
  return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool is_decimal(char32_t code) noexcept { return category(code) == UTF8PROC_CATEGORY_ND; }

bool is_digit(char32_t code) noexcept {
  return is_decimal(code) || code == 0xB2 || code == 0xB3 || code == 0xB9 || code == 0x2070 ||
         (code >= 0x2074 && code <= 0x2079) || (code >= 0x2080 && code <= 0x2089) ||
         (code >= 0x2460 && code <= 0x2468) || (code >= 0x2474 && code <= 0x247C) ||
         (code >= 0x2488 && code <= 0x2490) || code == 0x24EA || (code >= 0x24F5 && code <= 0x24FD) || code == 0x24FF ||
         (code >= 0x2776 && code <= 0x277E) || (code >= 0x2780 && code <= 0x2788) || (code >= 0x278A && code <= 0x2792);
}

bool is_numeric(char32_t code) noexcept {
  const auto c = category(code);
  if (c == UTF8PROC_CATEGORY_ND || c == UTF8PROC_CATEGORY_NL || c == UTF8PROC_CATEGORY_NO) return true;
  constexpr std::u32string_view numerals = U"〇一二三四五六七八九十百千万億兆零壹贰叁肆伍陆柒捌玖拾佰仟萬亿參貳陸";
  return numerals.find(code) != numerals.npos;
}

bool is_printable(char32_t code) noexcept {
  switch (category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    case UTF8PROC_CATEGORY_ZS: return code == ' ';
    default: return true;
  }
}

bool is_lower(char32_t code) noexcept {
  return utf8proc_islower(signed_code(code)) || category(code) == UTF8PROC_CATEGORY_LL || code == 0xAA || code == 0xBA;
}

bool is_upper(char32_t code) noexcept {
  return category(code) == UTF8PROC_CATEGORY_LU || (code >= 0x2160 && code <= 0x216F) ||
         (code >= 0x24B6 && code <= 0x24CF);
}

bool is_title(char32_t code) noexcept { return category(code) == UTF8PROC_CATEGORY_LT; }

bool is_word(char32_t code) noexcept { return code == '_' || is_alpha(code) || is_numeric(code); }

void append_case(std::string& out, char32_t code, Case to) {
  if (code < 0x80) {
    const bool letter = (code | 0x20) >= 'a' && (code | 0x20) <= 'z';
    const bool up = to == Case::upper || to == Case::title;
    out += static_cast<char>(!letter ? code : up ? code & ~0x20u : code | 0x20u);
    return;
  }
  if (to == Case::lower) {
    if (code == 0x130) {
      out += "i\xCC\x87";
    } else {
      utf8_append(out, static_cast<char32_t>(utf8proc_tolower(signed_code(code))));
    }
    return;
  }
  // Folding is the one full mapping at hand. What it expands, upper and title case expand alike ("ß" is "ss" is "SS"),
  // but for characters that are upper or title case already.
  utf8proc_int32_t folded[8];
  int boundary = 0;
  const auto count = utf8proc_decompose_char(signed_code(code), folded, 8, UTF8PROC_CASEFOLD, &boundary);
  if (to == Case::fold) {
    for (utf8proc_ssize_t i = 0; i < count; ++i) utf8_append(out, static_cast<char32_t>(folded[i]));
    return;
  }
  const auto simple = to == Case::upper ? utf8proc_toupper(signed_code(code)) : utf8proc_totitle(signed_code(code));
  const bool expands = count > 1 && !is_upper(code) &&
                       (to == Case::upper || ((simple == signed_code(code) || code == U'ß') && !is_title(code)));
  if (!expands) {
    utf8_append(out, static_cast<char32_t>(simple));
    return;
  }
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    const bool up = to == Case::upper || i == 0 || folded[0] == 0x2BC;
    utf8_append(out, static_cast<char32_t>(up ? utf8proc_toupper(folded[i]) : folded[i]));
  }
}

bool is_final_sigma(std::string_view before, std::string_view after) noexcept {
  bool cased_before = false;
  while (!before.empty()) {
    std::size_t start = before.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(before[start]) & 0xC0) == 0x80) --start;
    const char32_t code = utf8_decode(before.substr(start), before.size() - start);
    before.remove_suffix(before.size() - start);
    if (is_case_ignorable(code)) continue;
    cased_before = is_cased(code);
    break;
  }
  while (cased_before && !after.empty()) {
    const std::size_t length = utf8_length(after);
    if (length == 0) break;
    const char32_t code = utf8_decode(after, length);
    after.remove_prefix(length);
    if (!is_case_ignorable(code)) return !is_cased(code);
  }
  return cased_before;
}

}  // namespace ondol::jinja
