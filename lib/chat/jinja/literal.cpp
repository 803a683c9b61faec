#include "chat/jinja/literal.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/utf8.hpp"
#include "chat/jinja/big_integer.hpp"
#include "chat/jinja/limits.hpp"

namespace ondol::jinja {
namespace {

bool is_digit_of(char c, unsigned base) {
  const char lower = static_cast<char>(c | 0x20);
  const int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
  return digit < static_cast<int>(base);
}

class LiteralReader {
 public:
  LiteralReader(std::string_view source, std::size_t& at) : source_(source), at_(at) {}

  Token number() {
    const std::size_t begin = at_;
    const bool behind_dot = begin > 0 && source_[begin - 1] == '.';
    const char kind = static_cast<char>(peek(1) | 0x20);
    const unsigned base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
    if (peek() == '0' && base != 10) {
      at_ += 2;
      const std::string found = digits(base, true);
      if (!found.empty()) {
        BigInteger value;
        for (const char c : found) {
          const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
          value = value * BigInteger(std::int64_t{base}) + BigInteger(std::int64_t{digit});
        }
        return token(Token::Kind::integer, value.to_string(), begin);
      }
      at_ = begin;
    }
    std::string whole = digits(10, false);
    std::string text = whole;
    bool real = false;
    if (!behind_dot && peek() == '.' && is_digit_of(peek(1), 10)) {
      ++at_;
      text += '.';
      text += digits(10, false);
      real = true;
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
    if (!behind_dot && (peek() | 0x20) == 'e' && is_digit_of(peek(sign), 10)) {
      text += source_.substr(at_, sign);
      at_ += sign;
      text += digits(10, false);
      real = true;
    }
    if (real) return token(Token::Kind::real, std::move(text), begin);
    if (whole[0] == '0') {  // an integer in front of which no zero may stand: 0 or 00
      const std::size_t zeros = std::min(whole.find_first_not_of('0'), whole.size());
      if (zeros < whole.size()) refuse("an integer may not start with zero", begin);
      whole.assign(1, '0');
    }
    if (whole.size() > BigInteger::max_digits) refuse("an integer is too long", begin);
    return token(Token::Kind::integer, std::move(whole), begin);
  }

  Token string() {
    const std::size_t begin = at_;
    const char quote = source_[at_++];
    std::string text;
    while (true) {
      if (at_ >= source_.size()) refuse("a string without an end", begin);
      const char c = source_[at_++];
      if (c == quote) break;
      if (c == '\\') {
        read_escape(text, begin);
      } else {
        text += c;
      }
    }
    return token(Token::Kind::string, std::move(text), begin);
  }

 private:
  [[nodiscard]] std::string_view rest() const { return source_.substr(at_); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  static Token token(Token::Kind kind, std::string value, std::size_t at) {
    return {kind, std::move(value), static_cast<std::int64_t>(at)};
  }
  [[noreturn]] static void refuse(const std::string& message, std::size_t at) {
    throw Failure(message, static_cast<std::int64_t>(at));
  }

  /// Digits of `base` with single underscores between; where `lead`, one may stand in front.
  std::string digits(unsigned base, bool lead) {
    std::string found;
    while (true) {
      const bool gap = peek() == '_' && (lead || !found.empty()) && is_digit_of(peek(1), base);
      if (!gap && !is_digit_of(peek(), base)) return found;
      if (gap) ++at_;
      found += source_[at_++];
    }
  }

  /// The escapes of Python's strings; an unknown one stands for itself.
  void read_escape(std::string& text, std::size_t begin) {
    const char c = peek();
    ++at_;
    constexpr std::string_view names = "\\'\"abfnrtv";
    constexpr std::string_view meanings = "\\'\"\a\b\f\n\r\t\v";
    if (const std::size_t found = names.find(c); c != '\0' && found != names.npos) {
      text += meanings[found];
    } else if (c == '\n') {
      return;
    } else if (c == 'x' || c == 'u' || c == 'U') {
      append_code(text, hexadecimal(c == 'x' ? 2 : c == 'u' ? 4 : 8, begin), begin);
    } else if (c >= '0' && c <= '7') {
      char32_t code = static_cast<char32_t>(c - '0');
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) {
        code = code * 8 + static_cast<char32_t>(peek() - '0');
        ++at_;
      }
      utf8_append(text, code);
    } else if (c == 'N') {
      refuse("characters by name (\\N) are not known", begin);
    } else {
      text += '\\';
      --at_;
    }
  }

  char32_t hexadecimal(int digits, std::size_t begin) {
    char32_t code = 0;
    for (int i = 0; i < digits; ++i) {
      if (!is_digit_of(peek(), 16)) refuse("a truncated escape in a string", begin);
      const char c = source_[at_++];
      code = code * 16 + static_cast<char32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return code;
  }

  void append_code(std::string& text, char32_t code, std::size_t begin) {
    if (code > 0x10FFFF) refuse("an escape beyond Unicode in a string", begin);
    if (code >= 0xD800 && code < 0xDC00 && rest().starts_with("\\u")) {
      const std::size_t before = at_;
      at_ += 2;
      const char32_t low = hexadecimal(4, begin);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = before;
      }
    }
    utf8_append(text, code >= 0xD800 && code < 0xE000 ? U'\uFFFD' : code);
  }

  std::string_view source_;
  std::size_t& at_;
};

}  // namespace

Token read_number(std::string_view source, std::size_t& at) { return LiteralReader(source, at).number(); }
Token read_string(std::string_view source, std::size_t& at) { return LiteralReader(source, at).string(); }

}  // namespace ondol::jinja
