#include <utf8proc.h>

#include <algorithm>
#include <limits>

#include "base/utf8.hpp"
#include "text/normalize/normalizers.hpp"

namespace ondol::text {
namespace {

/// Whether a text with this character may differ from its NFC: it reorders, composes with what stands before it, or has
/// a canonical decomposition. (Below U+0300 everything is in NFC; Hangul syllables have no entry in the table.)
bool suspicious(char32_t c) noexcept {
  if (c < 0x300) return false;
  if ((c >= 0x1161 && c <= 0x1175) || (c >= 0x11A8 && c <= 0x11C2)) return true;  // vowels and finals compose
  const utf8proc_property_t& p = *utf8proc_get_property(utf8proc_int32_t(c));
  constexpr auto none = std::numeric_limits<utf8proc_uint16_t>::max();
  return p.combining_class != 0 || (p.comb_index != none && p.comb_index >= 0x8000) ||
         (p.decomp_seqindex != none && p.decomp_type == 0);
}

/// Appends the NFC of valid UTF-8. The library's own ordering is quadratic in a run of marks: it is sorted here.
void append_nfc(std::string_view text, std::string& out) {
  std::vector<utf8proc_int32_t> codes;
  codes.reserve(text.size());
  int boundary = 0;
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    utf8proc_int32_t parts[8];  // a canonical decomposition has at most four
    const auto count = utf8proc_decompose_char(utf8proc_int32_t(utf8_decode(text, n)), parts, std::size(parts),
                                               utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), &boundary);
    codes.insert(codes.end(), parts, parts + std::max<utf8proc_ssize_t>(count, 0));
    text.remove_prefix(n);
  }
  const auto order = [](utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; };
  for (auto at = codes.begin(); at != codes.end();) {
    if (order(*at) == 0) {
      ++at;
      continue;
    }
    const auto end = std::find_if(at, codes.end(), [&](utf8proc_int32_t c) { return order(c) == 0; });
    std::stable_sort(at, end, [&](utf8proc_int32_t a, utf8proc_int32_t b) { return order(a) < order(b); });
    at = end;
  }
  const auto count = utf8proc_normalize_utf32(codes.data(), utf8proc_ssize_t(codes.size()),
                                              utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  for (utf8proc_ssize_t i = 0; i < count; ++i) utf8_append(out, char32_t(codes[std::size_t(i)]));
}

}  // namespace

bool Nfc::apply(std::string_view text, std::string& out) const {
  bool same = true;
  for (std::size_t at = 0; at < text.size() && same;) {
    if (static_cast<unsigned char>(text[at]) < 0xCC) {  // ASCII, Latin up to U+02FF, or a byte that is wrong here
      ++at;
      continue;
    }
    const std::string_view rest = text.substr(at);
    const std::size_t n = utf8_length(rest);
    same = n == 0 || !suspicious(utf8_decode(rest, n));
    at += std::max<std::size_t>(n, 1);
  }
  if (same) return false;
  out.clear();
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t valid = 0;
    while (const std::size_t n = utf8_length(text.substr(valid))) valid += n;
    append_nfc(text.substr(0, valid), out);
    text.remove_prefix(valid);
    while (!text.empty() && utf8_length(text) == 0) {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return true;
}

}  // namespace ondol::text
