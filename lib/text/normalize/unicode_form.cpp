#include <utf8proc.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>
#include <vector>

#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/normalize/normalizers.hpp"

namespace ondol::text {
namespace {

struct Range {
  char32_t first, last;
};

bool in(std::span<const Range> table, char32_t c) noexcept {
  const auto at = std::partition_point(table.begin(), table.end(), [&](const Range& r) { return r.last < c; });
  return at != table.end() && at->first <= c;
}

/// Characters that are newer than the tables of the reference implementation, which leaves them alone.
constexpr Range newer[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},
    {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},
    {0x32FF, 0x32FF},   {0xA7F2, 0xA7F4},   {0xA82C, 0xA82C},   {0xAB69, 0xAB69},   {0x10781, 0x10785},
    {0x10787, 0x107B0}, {0x107B2, 0x107BA}, {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF},
    {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E},
    {0x11839, 0x1183A}, {0x11938, 0x11938}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0},
    {0x11A34, 0x11A34}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45},
    {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x16FF0, 0x16FF1}, {0x1E030, 0x1E06D}, {0x1E08F, 0x1E08F},
    {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}, {0x1F16C, 0x1F16C},
    {0x1FBF0, 0x1FBF9},
};

/// Characters of combining class 0 that compose with the one before: vowels and finals of Hangul, vowel signs.
constexpr Range composes_back[] = {
    {0x9BE, 0x9BE},     {0x9D7, 0x9D7},     {0xB3E, 0xB3E},     {0xB56, 0xB57},     {0xBBE, 0xBBE},
    {0xBD7, 0xBD7},     {0xCC2, 0xCC2},     {0xCD5, 0xCD6},     {0xD3E, 0xD3E},     {0xD57, 0xD57},
    {0xDCF, 0xDCF},     {0xDDF, 0xDDF},     {0x102E, 0x102E},   {0x1161, 0x1175},   {0x11A8, 0x11C2},
    {0x1B35, 0x1B35},   {0x1133E, 0x1133E}, {0x11357, 0x11357}, {0x114B0, 0x114B0}, {0x114BA, 0x114BA},
    {0x114BD, 0x114BD}, {0x115AF, 0x115AF},
};

/// A character of the result: `change` > 0: inserted; else it takes the place of 1 - change characters of the text.
struct Change {
  char32_t code;
  int change;
  int combining_class;
};

int class_of(char32_t c) noexcept {
  if (c < 0x300 || in(newer, c)) return 0;
  return utf8proc_get_property(utf8proc_int32_t(c))->combining_class;
}

void decompose(char32_t c, bool compatible, std::vector<Change>& out) {
  utf8proc_int32_t parts[32] = {utf8proc_int32_t(c)};  // the longest has 18
  utf8proc_ssize_t n = 1;
  if (c >= 0x80 && !in(newer, c)) {
    int boundary = 0;
    const int options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0);
    n = utf8proc_decompose_char(utf8proc_int32_t(c), parts, std::size(parts), utf8proc_option_t(options), &boundary);
  }
  for (utf8proc_ssize_t i = 0; i < std::max<utf8proc_ssize_t>(n, 1); ++i) {
    const char32_t code = char32_t(parts[i]);
    out.push_back({code, i == 0 ? 0 : 1, class_of(code)});
  }
}

/// The character that two compose to; 0 if they do not.
char32_t composed(char32_t first, char32_t second) noexcept {
  utf8proc_int32_t pair[2] = {utf8proc_int32_t(first), utf8proc_int32_t(second)};
  const auto n = utf8proc_normalize_utf32(pair, 2, utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  return n == 1 && !in(newer, char32_t(pair[0])) ? char32_t(pair[0]) : 0;
}

void order(std::vector<Change>& codes) {
  for (auto at = codes.begin(); at != codes.end();) {
    if (at->combining_class == 0) {
      ++at;
      continue;
    }
    const auto end = std::find_if(at, codes.end(), [](const Change& c) { return c.combining_class == 0; });
    std::stable_sort(at, end, [](const Change& a, const Change& b) { return a.combining_class < b.combining_class; });
    at = end;
  }
}

void compose(std::vector<Change>& codes) {
  std::size_t n = 0;                   // of the result, in place
  std::size_t starter = codes.size();  // the last character of class 0 in it
  for (const Change c : std::vector<Change>(codes)) {
    const bool adjacent = starter < codes.size() && starter + 1 == n;
    const bool blocked = !adjacent && (n == 0 || codes[n - 1].combining_class >= c.combining_class);
    const char32_t whole = starter < codes.size() && !blocked ? composed(codes[starter].code, c.code) : 0;
    if (whole != 0) {
      codes[starter].code = whole;
      codes[starter].change += c.change - 1;
      continue;
    }
    if (c.combining_class == 0) starter = n;
    codes[n++] = c;
  }
  codes.resize(n);
}

/// Neither has a decomposition nor a combining class: most characters.
bool is_simple(char32_t c) noexcept {
  const utf8proc_property_t& p = *utf8proc_get_property(utf8proc_int32_t(c));
  return p.combining_class == 0 && p.decomp_seqindex == std::numeric_limits<utf8proc_uint16_t>::max();
}

/// Whether the form of a text may be that of what stands before this character and that of the rest.
bool begins_anew(char32_t c, bool compatible) {
  if (c < 0x300) return true;
  if (c >= 0xAC00 && c <= 0xD7A3) return true;
  if (is_simple(c)) return !in(composes_back, c);
  std::vector<Change> parts;
  decompose(c, compatible, parts);
  return !parts.empty() && parts[0].combining_class == 0 && !in(composes_back, parts[0].code);
}

/// Whether a character alone may not be its own form; one that does not begin anew is for others to see.
bool changes(char32_t c, bool compatible, bool composes) {
  if (c < 0x80 || (c < 0xC0 && !compatible)) return false;
  if (c >= 0xAC00 && c <= 0xD7A3) return !composes;
  if (is_simple(c)) return false;
  std::vector<Change> parts;
  decompose(c, compatible, parts);
  return parts.size() != 1 || parts[0].code != c;
}

}  // namespace

void UnicodeForm::apply(AlignedText& text) const {
  const bool compatible = form_ == nfkc || form_ == nfkd;
  const bool composes = form_ == nfc || form_ == nfkc;
  const auto is_inert = [&](char32_t c) { return begins_anew(c, compatible) && !changes(c, compatible, composes); };
  std::size_t first = 0;  // where something may change
  while (first < text.text.size()) {
    const Character c = next_character(std::string_view(text.text).substr(first));
    if (!is_inert(c.code)) break;
    first += c.size;
  }
  if (first == text.text.size()) return;

  Rewriter rewriter(text);
  std::vector<Change> codes;
  while (!rewriter.done()) {
    // A stretch: a character, and all behind it that do not begin anew.
    const std::string_view rest = rewriter.rest();
    const Character start = next_character(rest);
    std::size_t size = start.size;
    bool same = utf8_length(rest) == 0 || !changes(start.code, compatible, composes);
    codes.clear();
    if (utf8_length(rest) != 0) decompose(start.code, compatible, codes);
    while (size < rest.size() && utf8_length(rest) != 0 && utf8_length(rest.substr(size)) != 0) {
      const Character c = next_character(rest.substr(size));
      if (begins_anew(c.code, compatible)) break;
      decompose(c.code, compatible, codes);
      size += c.size;
      same = false;
    }
    if (same) {
      rewriter.keep(size);
      continue;
    }
    order(codes);
    if (composes) compose(codes);
    std::string spelled;
    for (const Change& c : codes) {
      spelled.clear();
      utf8_append(spelled, c.code);
      if (c.change > 0) {
        rewriter.insert(spelled);
        continue;
      }
      rewriter.replace(next_character(rewriter.rest()).size, spelled);
      for (int i = c.change; i < 0; ++i) rewriter.drop(next_character(rewriter.rest()).size);
    }
  }
  rewriter.finish();
}

}  // namespace ondol::text
