#include "chat/jinja/str_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.hpp"
#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/markup.hpp"
#include "chat/jinja/number_format.hpp"
#include "chat/jinja/show.hpp"
#include "chat/jinja/text_functions.hpp"

namespace ondol::jinja {
namespace {

/// [[fill]align][sign][#][0][width][grouping][.precision][type]
struct Spec {
  std::string fill = " ";
  char align = 0;  ///< < > ^ =, or 0: the value's own
  std::int64_t width = 0;
  bool zero = false;
  NumberFormat number;

  explicit Spec(std::string_view text) {
    const std::size_t first = text.empty() ? 0 : std::max<std::size_t>(utf8_length(text), 1);
    const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
    if (first > 0 && first < text.size() && is_align(text[first])) {
      fill = text.substr(0, first);
      align = text[first];
      text.remove_prefix(first + 1);
    } else if (!text.empty() && is_align(text[0])) {
      align = text[0];
      text.remove_prefix(1);
    }
    const auto take = [&](std::string_view any) {
      if (text.empty() || any.find(text[0]) == any.npos) return '\0';
      const char c = text[0];
      text.remove_prefix(1);
      return c;
    };
    if (const char sign = take("+- ")) number.sign = sign;
    number.no_negative_zero = take("z") != 0;
    number.alternate = take("#") != 0;
    zero = take("0") != 0;
    width = take_number(text, 0);
    number.grouping = take(",_");
    if (take(".")) {
      number.precision = take_number(text, -1);
      if (number.precision < 0) throw Failure("Format specifier missing precision");
    }
    if (text.size() > 1) throw Failure("Invalid format specifier");
    number.type = take(text);
    if (zero && number.grouping != 0) number.fill_to = width;
    if (zero && align == 0) align = '=', fill.assign(1, '0');
  }

  static std::int64_t take_number(std::string_view& text, std::int64_t preset) {
    std::int32_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc::result_out_of_range) throw Failure("Too many decimal digits in format string");
    if (read.ec != std::errc() || text.empty() || text[0] == '-') return preset;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return value;
  }
};

class StrFormatter {
 public:
  StrFormatter(Interpreter& in, const Text& text, const Arguments& arguments)
      : in_(in), text_(text), arguments_(arguments) {}

  Text run() { return expand(text_, 0); }

 private:
  Text expand(const Text& text, int level) {
    if (level > 1) throw Failure("Max string recursion exceeded");
    TextBuilder out(in_.limits);
    const std::string_view bytes = text.view();
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t brace = std::min(bytes.find_first_of("{}", at), bytes.size());
      out.append(text, at, brace);
      if (brace == bytes.size()) break;
      in_.limits.step();
      if (brace + 1 < bytes.size() && bytes[brace + 1] == bytes[brace]) {
        out.append(text, brace, brace + 1);
        at = brace + 2;
        continue;
      }
      if (bytes[brace] == '}') throw Failure("Single '}' encountered in format string");
      const std::size_t end = closing(bytes, brace);
      write_field(out, text.slice(brace + 1, end), level);
      at = end + 1;
    }
    return out.finish(text.markup());
  }

  static std::size_t closing(std::string_view bytes, std::size_t open) {
    int depth = 0;
    for (std::size_t i = open; i < bytes.size(); ++i) {
      if (bytes[i] == '{') ++depth;
      if (bytes[i] == '}' && --depth == 0) return i;
    }
    throw Failure("expected '}' before end of string");
  }

  void write_field(TextBuilder& out, const Text& field, int level) {
    // The name ends at the first ! or : that is in no brackets.
    const std::string_view bytes = field.view();
    std::size_t end = 0;
    for (bool index = false; end < bytes.size(); ++end) {
      if (bytes[end] == '[') index = true;
      if (bytes[end] == ']') index = false;
      if (!index && (bytes[end] == '!' || bytes[end] == ':')) break;
    }
    Value value = find(field.slice(0, end));
    if (end < bytes.size() && bytes[end] == '!') {
      if (end + 1 >= bytes.size()) throw Failure("end of string while looking for conversion specifier");
      const char conversion = bytes[end + 1];
      if (conversion == 'r' || conversion == 'a') {
        TextBuilder repr(in_.limits);
        append_repr(repr, value);
        const Text shown = repr.finish();
        value = conversion == 'a' ? ascii_only(in_.limits, shown) : shown;
      } else if (conversion == 's') {
        value = to_text(in_.limits, value);
      } else {
        throw Failure(fmt::format("Unknown conversion specifier '{}'", conversion));
      }
      end += 2;
      if (end < bytes.size() && bytes[end] != ':') throw Failure("expected ':' after conversion specifier");
    }
    const Text spec = end < bytes.size() ? expand(field.slice(end + 1, bytes.size()), level + 1) : Text();
    Text shown = format(value, spec.view());
    if (text_.markup() && !shown.markup()) shown = escape_html(in_.limits, shown);
    out.append(shown);
  }

  Value find(const Text& name) {
    const std::string_view bytes = name.view();
    const std::size_t end = std::min(bytes.find_first_of(".["), bytes.size());
    Value value = argument(bytes.substr(0, end));
    for (std::size_t at = end; at < bytes.size();) {
      if (bytes[at] == '.') {
        const std::size_t stop = std::min(bytes.find_first_of(".[", at + 1), bytes.size());
        value = get_attribute(in_, value, bytes.substr(at + 1, stop - at - 1));
        at = stop;
      } else {
        const std::size_t stop = bytes.find(']', at);
        if (bytes[at] != '[' || stop == bytes.npos) throw Failure("Missing ']' in format string");
        const auto key = name.slice(at + 1, stop);
        const auto index = number(key.view());
        value = get_item(in_, value, index ? Value(*index) : Value(key));
        at = stop + 1;
      }
    }
    return value;
  }

  static std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text[0] == '-' || read.ec != std::errc() || read.ptr != text.data() + text.size())
      return std::nullopt;
    return value;
  }

  const Value& argument(std::string_view name) {
    auto index = number(name);
    if (name.empty() || index) {
      const Numbering numbering = index ? Numbering::manual : Numbering::automatic;
      if (numbering_ != Numbering::unknown && numbering_ != numbering) {
        throw Failure("cannot switch between manual field specification and automatic field numbering");
      }
      numbering_ = numbering;
      if (!index) index = next_++;
      if (static_cast<std::size_t>(*index) >= arguments_.positional.size()) {
        throw Failure(fmt::format("Replacement index {} out of range for positional args tuple", *index));
      }
      return arguments_.positional[static_cast<std::size_t>(*index)];
    }
    for (const auto& [key, value] : arguments_.named) {
      if (key == name) return value;
    }
    throw Failure(fmt::format("no argument '{}' for the format", name));
  }

  Text format(const Value& value, std::string_view text) {
    if (text.empty()) return to_text(in_.limits, value);
    const Spec spec(text);
    if (const Text* string = value.text()) {
      if (spec.number.type != 0 && spec.number.type != 's') {
        throw Failure(fmt::format("Unknown format code '{}' for object of type 'str'", spec.number.type));
      }
      if (spec.number.sign != '-' || spec.number.alternate || spec.number.grouping != 0) {
        throw Failure("Sign, '#' and grouping are not allowed in string format specifier");
      }
      if (spec.align == '=' && !spec.zero) throw Failure("'=' alignment not allowed in string format specifier");
      Text shown = *string;
      if (spec.number.precision >= 0) {
        shown = shown.slice(0, shown.byte_of(static_cast<std::size_t>(spec.number.precision)));
      }
      return padded(spec, {}, shown, '<');
    }
    if (!value.is_number()) {
      throw Failure(fmt::format("unsupported format string passed to {}.__format__", type_name(value)));
    }
    const char type = spec.number.type;
    if (type == 'c' && value.is_integer()) {
      std::string bytes;
      const auto code = value.small();
      if (!code || *code < 0 || *code > 0x10FFFF) throw Failure("%c arg not in range(0x110000)");
      utf8_append(bytes, static_cast<char32_t>(*code));
      return padded(spec, {}, Text(std::move(bytes), Text::Origin::content), '>');
    }
    const bool as_real = value.is(Type::real) || std::string_view("eEfFgG%").find(type) != std::string_view::npos;
    const bool real = as_real && (type != 0 || value.is(Type::real));
    if (!real && spec.number.precision >= 0) throw Failure("Precision not allowed in integer format specifier");
    if (value.is(Type::big)) in_.limits.step(value.big().work(value.big()));
    const NumberText number =
        real ? format_real(value.to_double(), spec.number) : format_integer(value.big(), spec.number);
    return padded(spec, number.head, Text(number.digits), '>');
  }

  Text padded(const Spec& spec, const std::string& head, const Text& text, char preset) {
    const char align = spec.align != 0 ? spec.align : preset;
    const auto length = static_cast<std::int64_t>(head.size() + text.length());
    const auto space = static_cast<std::size_t>(std::max<std::int64_t>(spec.width - length, 0));
    const bool number = preset == '>';
    const std::size_t before = align == '>' ? space : align == '^' ? space / 2 : 0;
    const std::size_t middle = align == '=' && number ? space : 0;
    TextBuilder out(in_.limits);
    out.repeat(spec.fill, before);
    out.append(head);
    out.repeat(spec.fill, middle);
    out.append(text);
    out.repeat(spec.fill, space - before - middle);
    return out.finish();
  }

  enum class Numbering { unknown, automatic, manual };
  Interpreter& in_;
  const Text& text_;
  const Arguments& arguments_;
  Numbering numbering_ = Numbering::unknown;
  std::int64_t next_ = 0;
};

}  // namespace

Text str_format(Interpreter& in, const Text& text, const Arguments& arguments) {
  return StrFormatter(in, text, arguments).run();
}

}  // namespace ondol::jinja
