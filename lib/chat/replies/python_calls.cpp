#include "chat/replies/python_calls.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "chat/replies/match.hpp"

namespace ondol::replies {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool in_identifier(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Recursive descent; every function gives nothing where the text is not what it reads.
class PythonReader {
 public:
  explicit PythonReader(std::string_view text) : text_(text) {}

  std::optional<std::vector<ToolCall>> calls() {
    std::vector<ToolCall> calls;
    const bool whole = take('[') && until(']', [&] {
                         auto read = call();
                         if (read) calls.push_back(*std::move(read));
                         return read.has_value();
                       });
    if (!whole || !text_.empty() || calls.empty()) return {};
    return calls;
  }

 private:
  std::optional<ToolCall> call() {
    std::string name = identifier(".");
    std::vector<Json::Member> arguments;
    const bool whole = !name.empty() && take('(') && until(')', [&] { return member(arguments, identifier(), '='); });
    if (!whole) return {};
    return ToolCall{std::move(name), Json::object(std::move(arguments)).dump(), {}};
  }

  std::optional<Json> value() {
    space();
    switch (text_.empty() ? '\0' : text_.front()) {
      case '"':
      case '\'': {
        auto read = string();
        if (!read) return {};
        return Json(*read);
      }
      case '[': return list('[', ']');
      case '(': return list('(', ')');
      case '{': return dict();
      default: break;
    }
    if (!text_.empty() &&
        (is_digit(text_.front()) || std::string_view("+-.").find(text_.front()) != std::string_view::npos))
      return number();
    return constant(identifier());
  }

  static std::optional<Json> constant(std::string_view word) {
    if (word == "True" || word == "true") return Json(true);
    if (word == "False" || word == "false") return Json(false);
    if (word == "None" || word == "null") return Json();
    return {};
  }

  std::optional<Json> list(char open, char close) {
    Json::Array items;
    const bool whole = take(open) && until(close, [&] {
                         auto item = value();
                         if (item) items.push_back(*std::move(item));
                         return item.has_value();
                       });
    if (!whole) return {};
    if (open == '(' && items.size() == 1 && !comma_) return items.front();  // parentheses, no tuple
    return Json(std::move(items));
  }

  std::optional<Json> dict() {
    std::vector<Json::Member> members;
    const bool whole = take('{') && until('}', [&] {
                         space();
                         auto key = string();
                         return key && member(members, *std::move(key), ':');
                       });
    if (!whole) return {};
    return Json::object(std::move(members));
  }

  /// `separator` and a value behind a key.
  bool member(std::vector<Json::Member>& members, std::string key, char separator) {
    if (key.empty() && separator == '=') return false;
    if (!take(separator)) return false;
    auto read = value();
    if (read) members.emplace_back(std::move(key), *std::move(read));
    return read.has_value();
  }

  /// Items with commas between them, and maybe behind them, up to `close`.
  template <class Item>
  bool until(char close, Item&& item) {
    bool comma = true;
    while (!take(close)) {
      if (!comma || !item()) return false;
      comma = take(',');
    }
    comma_ = comma;
    return true;
  }

  std::optional<Json> number() {
    std::size_t size = 1;
    while (size < text_.size()) {
      const char c = text_[size];
      const bool sign = (c == '+' || c == '-') && (text_[size - 1] | 0x20) == 'e';
      if (!is_digit(c) && !sign && c != '.' && c != '_' && (c | 0x20) != 'e') break;
      ++size;
    }
    std::string digits(text_.substr(0, size));
    text_.remove_prefix(size);
    digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
    if (digits.starts_with('+')) digits.erase(0, 1);
    const std::string_view unsigned_part = std::string_view(digits).substr(digits.starts_with('-') ? 1 : 0);
    if (!unsigned_part.empty() && std::all_of(unsigned_part.begin(), unsigned_part.end(), is_digit)) {
      return Json::integer(digits);
    }
    double number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return {};
    return Json(number);
  }

  std::optional<std::string> string() {
    if (text_.empty() || (text_.front() != '"' && text_.front() != '\'')) return {};
    const char quote = text_.front();
    text_.remove_prefix(1);
    std::string out;
    while (!text_.empty() && text_.front() != quote) {
      const std::size_t plain = std::min(text_.find_first_of(quote == '"' ? "\"\\" : "'\\"), text_.size());
      out += text_.substr(0, plain);
      text_.remove_prefix(plain);
      if (text_.starts_with('\\') && !escape(out)) return {};
    }
    if (text_.empty()) return {};
    text_.remove_prefix(1);
    return out;
  }

  bool escape(std::string& out) {
    constexpr std::string_view names = "\\'\"abfnrtv0";
    constexpr std::string_view meanings("\\'\"\a\b\f\n\r\t\v\0", 11);
    if (text_.size() < 2) return false;
    const char c = text_[1];
    text_.remove_prefix(2);
    if (c == 'x') return code(2, out);
    if (c == 'u') return code(4, out);
    if (c == 'U') return code(8, out);
    if (c == '\n') return true;  // the line goes on
    const std::size_t found = names.find(c);
    if (found != names.npos) {
      out += meanings[found];
    } else {
      out += '\\';
      out += c;
    }
    return true;
  }

  bool code(std::size_t digits, std::string& out) {
    std::uint32_t code = 0;
    if (text_.size() < digits) return false;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + digits, code, 16);
    if (error != std::errc() || end != text_.data() + digits || code > 0x10FFFF) return false;
    text_.remove_prefix(digits);
    utf8_append(out, code >= 0xD800 && code < 0xE000 ? U'\uFFFD' : static_cast<char32_t>(code));
    return true;
  }

  std::string identifier(std::string_view also = "") {
    space();
    std::size_t size = 0;
    while (size < text_.size() && (in_identifier(text_[size]) || also.find(text_[size]) != also.npos)) ++size;
    std::string name(text_.substr(0, size));
    text_.remove_prefix(size);
    return name;
  }

  bool take(char c) {
    space();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  void space() { text_.remove_prefix(white_length(text_)); }

  std::string_view text_;
  bool comma_ = false;  // whether the last list ended in a comma
};

}  // namespace

std::optional<std::vector<ToolCall>> python_calls(std::string_view text) { return PythonReader(text).calls(); }

}  // namespace ondol::replies
