#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/markup.hpp"
#include "chat/jinja/number_format.hpp"
#include "chat/jinja/operators.hpp"
#include "chat/jinja/show.hpp"
#include "chat/jinja/text_functions.hpp"

namespace ondol::jinja {
namespace {

/// One conversion: %[(key)][flags][width][.precision]type
struct Conversion {
  std::optional<Text> key;
  bool left = false;
  bool zero = false;
  std::int64_t width = 0;
  NumberFormat number;
};

class PercentFormatter {
 public:
  PercentFormatter(Interpreter& in, const Text& text, const Value& values)
      : in_(in), text_(text), values_(values), out_(in.limits) {
    if (values.list() && values.list()->kind != List::Kind::list) list_ = &values.list()->items;
  }

  Text run() {
    const std::string_view bytes = text_.view();
    std::size_t done = 0;
    while ((at_ = bytes.find('%', done)) != bytes.npos) {
      in_.limits.step();
      out_.append(text_, done, at_);
      ++at_;
      convert(parse());
      done = at_;
    }
    out_.append(text_, done, bytes.size());
    const bool all_used = list_ ? used_ == list_->size() : used_ > 0 || !is_single(values_);
    if (!all_used) throw Failure("not all arguments converted during string formatting");
    return out_.finish(text_.markup());
  }

 private:
  /// Values that are no mapping in any sense: not using them is an error.
  static bool is_single(const Value& value) {
    return !value.dict() && !value.list() && !value.is_undefined() && !value.object_as<Range>();
  }

  [[nodiscard]] char peek() const {
    if (at_ >= text_.size()) throw Failure("incomplete format");
    return text_.view()[at_];
  }

  const Value& next_value() {
    if (list_) {
      if (used_ >= list_->size()) throw Failure("not enough arguments for format string");
      return (*list_)[used_++];
    }
    if (used_++ > 0) throw Failure("not enough arguments for format string");
    return values_;
  }

  std::int64_t read_number() {
    if (peek() == '*') {
      ++at_;
      const auto value = next_value().small();
      if (!value) throw Failure("* wants int");
      return *value;
    }
    std::int64_t value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + (peek() - '0');
      if (value > INT32_MAX) throw Failure("width too big");
      ++at_;
    }
    return value;
  }

  Conversion parse() {
    Conversion c;
    if (peek() == '(') {
      const std::size_t begin = ++at_;
      for (int depth = 1; depth > 0; ++at_) depth += peek() == '(' ? 1 : peek() == ')' ? -1 : 0;
      c.key = text_.slice(begin, at_ - 1);
    }
    for (;; ++at_) {
      if (peek() == '-')
        c.left = true;
      else if (peek() == '+')
        c.number.sign = '+';
      else if (peek() == ' ')
        c.number.sign = c.number.sign == '+' ? '+' : ' ';
      else if (peek() == '#')
        c.number.alternate = true;
      else if (peek() == '0')
        c.zero = true;
      else
        break;
    }
    c.width = read_number();
    if (c.width < 0) c.left = true, c.width = c.width == INT64_MIN ? INT64_MAX : -c.width;
    if (peek() == '.') {
      ++at_;
      c.number.precision = std::max<std::int64_t>(read_number(), 0);
    }
    if (peek() == 'h' || peek() == 'l' || peek() == 'L') ++at_;
    c.number.type = peek();
    ++at_;
    return c;
  }

  void convert(const Conversion& c) {
    if (c.number.type == '%') {
      out_.append("%");
      return;
    }
    if (c.key) {
      if (!values_.dict()) throw Failure("format requires a mapping");
      const Value* found = values_.dict()->find(Value(*c.key));
      if (!found) throw Failure(fmt::format("no key '{}' for the format", c.key->view()));
      ++used_;
      write(c, *found);
    } else {
      write(c, next_value());
    }
  }

  void write(const Conversion& c, const Value& value) {
    switch (c.number.type) {
      case 's': return write_text(c, escaped(to_text(in_.limits, value)));
      case 'r':
      case 'a': {
        TextBuilder repr(in_.limits);
        append_repr(repr, value);
        const Text text = repr.finish();
        return write_text(c, escaped(c.number.type == 'a' ? ascii_only(in_.limits, text) : text));
      }
      case 'c': return write_text(c, character(value));
      case 'd':
      case 'i':
      case 'u':
      case 'o':
      case 'x':
      case 'X': return write_number(c, integer(c, value));
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        if (value.is_undefined()) use_undefined(value);
        if (!value.is_number()) throw Failure(fmt::format("must be real number, not {}", type_name(value)));
        return write_number(c, format_real(value.to_double(), c.number));
      default: throw Failure(fmt::format("unsupported format character '{}'", c.number.type));
    }
  }

  [[nodiscard]] Text escaped(const Text& text) const {
    return text_.markup() && !text.markup() ? escape_html(in_.limits, text) : text;
  }

  [[nodiscard]] NumberText integer(const Conversion& c, const Value& value) const {
    if (value.is_undefined()) use_undefined(value);
    const bool decimal = c.number.type == 'd' || c.number.type == 'i' || c.number.type == 'u';
    if (value.is_integer()) {
      const BigInteger number = value.big();
      in_.limits.step(number.work(number));
      return format_integer(number, c.number);
    }
    if (decimal && value.is(Type::real) && std::isfinite(value.real())) {
      return format_integer(BigInteger(value.real()), c.number);
    }
    throw Failure(fmt::format("%{} format: {} is required, not {}", c.number.type,
                              decimal ? "a real number" : "an integer", type_name(value)));
  }

  static Text character(const Value& value) {
    if (const Text* text = value.text(); text && text->length() == 1) return *text;
    const auto code = value.is_integer() ? value.small() : std::nullopt;
    if (!code || *code < 0 || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) {
      throw Failure("%c requires int or char");
    }
    std::string bytes;
    utf8_append(bytes, static_cast<char32_t>(*code));
    return Text(std::move(bytes), Text::Origin::content);  // who knows where the number came from
  }

  void write_text(const Conversion& c, Text text) {
    if (c.number.precision >= 0) text = text.slice(0, text.byte_of(static_cast<std::size_t>(c.number.precision)));
    out_.append(pad(in_.limits, text, c.width, c.left ? Side::left : Side::right, Text(" ")));
  }

  void write_number(const Conversion& c, const NumberText& number) {
    const auto length = static_cast<std::int64_t>(number.head.size() + number.digits.size());
    const auto space = static_cast<std::size_t>(std::max<std::int64_t>(c.width - length, 0));
    if (!c.left && !c.zero) out_.repeat(" ", space);
    out_.append(number.head);
    if (!c.left && c.zero) out_.repeat("0", space);
    out_.append(number.digits);
    if (c.left) out_.repeat(" ", space);
  }

  Interpreter& in_;
  const Text& text_;
  const Value& values_;
  const Values* list_ = nullptr;
  std::size_t used_ = 0;
  std::size_t at_ = 0;
  TextBuilder out_;
};

}  // namespace

Text percent_format(Interpreter& in, const Text& text, const Value& values) {
  return PercentFormatter(in, text, values).run();
}

}  // namespace ondol::jinja
