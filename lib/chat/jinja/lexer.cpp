#include "chat/jinja/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "chat/jinja/limits.hpp"
#include "chat/jinja/literal.hpp"
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
    if (c >= '0' && c <= '9') return tokens_.push_back(read_number(source_, at_));
    if (c == '"' || c == '\'') return tokens_.push_back(read_string(source_, at_));
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
