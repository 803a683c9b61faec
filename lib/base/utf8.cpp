#include "base/utf8.hpp"

#include <simdjson.h>

namespace ondol {
namespace {

struct Scan {
  std::size_t taken = 0;   // bytes of the longest valid prefix of a sequence
  std::size_t wanted = 0;  // bytes of the sequence its first byte announces; 0 for a byte that starts none
};

/// Table 3-7 of the Unicode standard: the second byte's range depends on the first.
Scan scan(std::string_view text) noexcept {
  if (text.empty()) return {};
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return {1, 1};
  if (first < 0xC2 || first > 0xF4) return {};
  const std::size_t wanted = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  std::size_t taken = 1;
  while (taken < wanted && taken < text.size() && at(taken) >= (taken == 1 ? low : 0x80) &&
         at(taken) <= (taken == 1 ? high : 0xBF)) {
    ++taken;
  }
  return {taken, wanted};
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  const Scan s = scan(text);
  return s.taken == s.wanted ? s.wanted : 0;
}

char32_t utf8_decode(std::string_view text, std::size_t length) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  switch (length) {
    case 1: return at(0);
    case 2: return (at(0) & 0x1F) << 6 | (at(1) & 0x3F);
    case 3: return (at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F);
    default: return (at(0) & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F);
  }
}

void utf8_append(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

bool utf8_valid(std::string_view text) noexcept {
  constexpr std::size_t worth_a_call = 16;
  if (text.size() >= worth_a_call) return simdjson::validate_utf8(text.data(), text.size());
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

bool utf8_incomplete(std::string_view text) noexcept {
  const Scan s = scan(text);
  return s.wanted > s.taken && s.taken == text.size();
}

std::string utf8_repair(std::string_view text, bool each_byte) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Scan s = scan(text);
    if (s.wanted != 0 && s.taken == s.wanted) {
      out += text.substr(0, s.taken);
      text.remove_prefix(s.taken);
    } else {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(s.taken == 0 || each_byte ? 1 : s.taken);
    }
  }
  return out;
}

}  // namespace ondol
