#include "chat/jinja/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "chat/jinja/big_integer.hpp"
#include "chat/jinja/limits.hpp"
#include "chat/jinja/unicode.hpp"

namespace ondol::jinja {
namespace {

/// Length of the white space character at the start of `text`, or 0.
std::size_t space_length(std::string_view text) {
  const std::size_t length = utf8_length(text);
  return length > 0 && is_space(utf8_decode(text, length)) ? length : 0;
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    if (space_length(text.substr(start)) == 0) break;
    text.remove_suffix(text.size() - start);
  }
  return text;
}

bool is_digit_of(char c, unsigned base) {
  const char lower = static_cast<char>(c | 0x20);
  const int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
  return digit < static_cast<int>(base);
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) {
      if (tag_ == Tag::none) {
        read_data();
      } else {
        read_token();
      }
    }
    add(Token::Kind::end, "", source_.size());
    return std::move(tokens_);
  }

 private:
  enum class Tag { none, variable, block };

  [[nodiscard]] std::string_view rest() const { return source_.substr(at_); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  void add(Token::Kind kind, std::string value, std::size_t at) {
    tokens_.push_back({kind, std::move(value), static_cast<std::int64_t>(at)});
  }
  [[noreturn]] void refuse(const std::string& message, std::size_t at) const {
    throw Failure(message, static_cast<std::int64_t>(at));
  }
  void skip_spaces() {
    while (const std::size_t length = space_length(rest())) at_ += length;
  }

  /// Text in front of a tag that opens with `sign`, without the space that the tag takes away.
  std::string_view before_tag(std::string_view text, char sign, bool variable) const {
    if (sign == '-') return trim_right(text);
    if (sign == '+' || variable) return text;
    const std::size_t line = text.rfind('\n') + 1;  // 0 if there is none
    if (line == 0 && !line_start_) return text;
    return trim_right(text).size() <= line && line < text.size() ? text.substr(0, line) : text;
  }

  void read_data() {
    const std::size_t begin = at_;
    std::size_t open = begin;
    while ((open = source_.find('{', open)) != source_.npos) {
      const char next = open + 1 < source_.size() ? source_[open + 1] : '\0';
      if (next == '{' || next == '%' || next == '#') break;
      ++open;
    }
    if (open == source_.npos) {
      add(Token::Kind::data, std::string(source_.substr(begin)), begin);
      at_ = source_.size();
      return;
    }
    const char type = source_[open + 1];
    at_ = open + 2;
    const char sign = peek() == '-' || peek() == '+' ? peek() : '\0';
    if (sign != '\0') ++at_;
    const std::string_view text = before_tag(source_.substr(begin, open - begin), sign, type == '{');
    if (!text.empty()) add(Token::Kind::data, std::string(text), begin);
    line_start_ = false;
    if (type == '#') {
      read_comment(open);
    } else if (type == '{') {
      tag_ = Tag::variable;
      add(Token::Kind::variable_begin, "{{", open);
    } else if (!read_raw(open)) {
      tag_ = Tag::block;
      add(Token::Kind::block_begin, "{%", open);
    }
  }

  /// Ends a tag whose end mark stands at at_ (behind its sign): the space that it takes away.
  void end_tag(char sign) {
    at_ += 2;
    line_start_ = false;
    if (sign == '-') {
      skip_spaces();
    } else if (sign != '+' && peek() == '\n') {
      ++at_;
    }
    line_start_ = source_[at_ - 1] == '\n';
  }

  void read_comment(std::size_t open) {
    if (at_ == source_.size()) return;  // Jinja2 wants the end of a comment that holds something
    const std::size_t close = source_.find("#}", at_);
    if (close == source_.npos) refuse("Missing end of comment tag", open);
    const char sign =
        close > at_ && (source_[close - 1] == '-' || source_[close - 1] == '+') ? source_[close - 1] : '\0';
    at_ = close;
    end_tag(sign);
  }

  /// {% raw %} text {% endraw %}, if that is what stands behind "{%".
  bool read_raw(std::size_t open) {
    const std::size_t inside = at_;
    const auto word = [&](std::string_view name) {
      skip_spaces();
      if (!rest().starts_with(name)) return false;
      at_ += name.size();
      skip_spaces();
      return true;
    };
    const auto back = [&] {
      at_ = inside;
      return false;
    };
    if (!word("raw")) return back();
    const bool trims = peek() == '-';
    if (trims) ++at_;
    if (!rest().starts_with("%}")) return back();
    at_ += 2;
    if (trims) skip_spaces();
    line_start_ = source_[at_ - 1] == '\n';
    const std::size_t begin = at_;
    if (begin == source_.size()) return true;  // as with comments
    for (std::size_t tag = begin; (tag = source_.find("{%", tag)) != source_.npos; ++tag) {
      at_ = tag + 2;
      const char sign = peek() == '-' || peek() == '+' ? peek() : '\0';
      if (sign != '\0') ++at_;
      if (!word("endraw")) continue;
      const char end_sign = peek() == '-' || peek() == '+' ? peek() : '\0';
      if (end_sign != '\0') ++at_;
      if (!rest().starts_with("%}")) continue;
      const std::string_view text = before_tag(source_.substr(begin, tag - begin), sign, false);
      if (!text.empty()) add(Token::Kind::data, std::string(text), begin);
      end_tag(end_sign);
      return true;
    }
    refuse("Missing end of raw directive", open);
  }

  void read_token() {
    const std::size_t begin = at_;
    if (open_.empty() && read_tag_end()) return;
    if (const std::size_t length = space_length(rest())) {
      at_ += length;
      return;
    }
    const char c = peek();
    if (c >= '0' && c <= '9') return read_number();
    if (c == '"' || c == '\'') return read_string(c);
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return read_name();
    if (c == '_' || static_cast<unsigned char>(c) >= 0x80) return read_name();
    constexpr std::array<std::string_view, 6> pairs = {"//", "**", "==", "!=", ">=", "<="};
    for (const std::string_view pair : pairs) {
      if (rest().starts_with(pair)) {
        at_ += 2;
        return add(Token::Kind::op, std::string(pair), begin);
      }
    }
    constexpr std::string_view singles = "+-*/%~[](){}><=.:|,;";
    if (singles.find(c) == singles.npos) refuse(fmt::format("unexpected character '{}'", c), begin);
    if (c == '(' || c == '[' || c == '{') {
      open_ += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (c == ')' || c == ']' || c == '}') {
      if (open_.empty()) refuse(fmt::format("unexpected '{}'", c), begin);
      if (open_.back() != c) refuse(fmt::format("unexpected '{}', expected '{}'", c, open_.back()), begin);
      open_.pop_back();
    }
    ++at_;
    add(Token::Kind::op, std::string(1, c), begin);
  }

  bool read_tag_end() {
    const std::size_t begin = at_;
    const bool variable = tag_ == Tag::variable;
    const std::string_view mark = variable ? "}}" : "%}";
    char sign = peek() == '-' || (peek() == '+' && !variable) ? peek() : '\0';
    if (sign != '\0' && !source_.substr(at_ + 1).starts_with(mark)) return false;
    if (sign == '\0' && !rest().starts_with(mark)) return false;
    if (sign != '\0') ++at_;
    if (variable && sign == '\0') sign = '+';  // variables keep the line's end
    end_tag(sign);
    add(variable ? Token::Kind::variable_end : Token::Kind::block_end, std::string(mark), begin);
    tag_ = Tag::none;
    return true;
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

  void read_number() {
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
        return add(Token::Kind::integer, value.to_string(), begin);
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
    if (real) return add(Token::Kind::real, std::move(text), begin);
    if (whole[0] == '0') {  // an integer in front of which no zero may stand: 0 or 00
      const std::size_t zeros = std::min(whole.find_first_not_of('0'), whole.size());
      if (zeros < whole.size()) refuse("an integer may not start with zero", begin);
      whole.assign(1, '0');
    }
    if (whole.size() > BigInteger::max_digits) refuse("an integer is too long", begin);
    add(Token::Kind::integer, std::move(whole), begin);
  }

  void read_name() {
    const std::size_t begin = at_;
    while (at_ < source_.size()) {
      const std::size_t length = utf8_length(rest());
      if (length == 0 || !is_word(utf8_decode(rest(), length))) break;
      at_ += length;
    }
    if (at_ == begin) refuse("unexpected character", begin);
    add(Token::Kind::name, std::string(source_.substr(begin, at_ - begin)), begin);
  }

  void read_string(char quote) {
    const std::size_t begin = at_++;
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
    add(Token::Kind::string, std::move(text), begin);
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
  std::size_t at_ = 0;
  Tag tag_ = Tag::none;
  bool line_start_ = true;  // nothing stands between the last line's end and here
  std::string open_;        // closing brackets that are due
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) { return Lexer(source).run(); }

std::string normalise(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      if (i + 1 < source.size() && source[i + 1] == '\n') continue;
      text += '\n';
    } else {
      text += source[i];
    }
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::int64_t original_offset(std::string_view source, std::int64_t at) {
  std::int64_t offset = 0;
  std::int64_t skipped = 0;
  for (; offset - skipped < at && offset < static_cast<std::int64_t>(source.size()); ++offset) {
    const auto i = static_cast<std::size_t>(offset);
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') ++skipped;
  }
  return offset;
}

}  // namespace ondol::jinja
