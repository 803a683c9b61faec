#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <string>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

namespace ondol {
namespace {

namespace od = simdjson::ondemand;

constexpr int max_levels = 256;

using Use = std::function<void(const std::string&, const Json&)>;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view what, std::size_t most_values)
      : text_(text), what_(what), most_values_(most_values) {}

  Json read() {
    // Scalars are read through the document itself, which is no value.
    const od::json_type type = open();
    Json json;
    if (type == od::json_type::array || type == od::json_type::object) {
      od::value value;
      check(document_.get_value().get(value));
      json = read_value(value, 1);
    } else {
      json = read_scalar(document_, type);
    }
    close();
    return json;
  }

  bool read_members(std::string_view inside, const Use& use) {
    if (open() != od::json_type::object) return false;
    od::object whole;
    check(document_.get_object().get(whole));
    bool found = inside.empty();
    each_field(whole, [&](const std::string& key, od::value value) {
      od::json_type type{};
      check(value.type().get(type));
      if (key == inside && type == od::json_type::object) {
        found = true;
        od::object own;
        check(value.get_object().get(own));
        each_field(own, [&](const std::string& name, od::value member) { use(name, read_member(member, 3)); });
      } else {
        const Json member = read_member(value, 2);
        if (inside.empty()) use(key, member);
      }
    });
    close();
    return found;
  }

 private:
  od::json_type open() {
    if (const auto error = parser_.iterate(text_).get(document_)) refuse(error);
    open_ = true;
    od::json_type type{};
    check(document_.type().get(type));
    return type;
  }

  void close() {
    const char* rest = nullptr;
    if (!document_.current_location().get(rest)) refuse("more text after the value", rest);
  }

  template <class Take>
  void each_field(od::object& object, const Take& take) {
    for (auto found : object) {
      od::field field;
      check(std::move(found).get(field));
      od::raw_json_string key = field.key();
      take(unescape(key.raw()), field.value());
    }
  }

  Json read_member(od::value value, int level) {
    values_ = 0;
    return read_value(value, level);
  }

  Json read_value(od::value value, int level) {
    if (level > max_levels) refuse(fmt::format("more than {} levels deep", max_levels));
    if (values_++ > most_values_) refuse(fmt::format("more than {} values", most_values_));
    od::json_type type{};
    check(value.type().get(type));
    if (type == od::json_type::array) {
      Json::Array items;
      od::array array;
      check(value.get_array().get(array));
      for (auto item : array) {
        od::value inner;
        check(item.get(inner));
        items.push_back(read_value(inner, level + 1));
      }
      return items;
    }
    if (type == od::json_type::object) {
      std::vector<Json::Member> members;
      od::object object;
      check(value.get_object().get(object));
      each_field(object, [&](std::string key, od::value member) {
        members.emplace_back(std::move(key), read_value(member, level + 1));
      });
      return Json::object(std::move(members));
    }
    return read_scalar(value, type);
  }

  template <class Source>
  Json read_scalar(Source& value, od::json_type type) {
    switch (type) {
      case od::json_type::string: {
        od::raw_json_string raw;
        check(value.get_raw_json_string().get(raw));
        return unescape(raw.raw());
      }
      case od::json_type::number: return read_number(value);
      case od::json_type::boolean: {
        bool truth = false;
        check(value.get_bool().get(truth));
        return truth;
      }
      default: {
        bool null = false;
        check(is_null(value, null));
        if (!null) refuse("expected a value");
        return nullptr;
      }
    }
  }

  template <class Source>
  static simdjson::error_code is_null(Source& value, bool& null) {
    if constexpr (std::is_same_v<decltype(value.is_null()), bool>) {
      null = value.is_null();
      return simdjson::SUCCESS;
    } else {
      return value.is_null().get(null);
    }
  }

  template <class Source>
  Json read_number(Source& value) {
    std::int64_t small = 0;
    if (!value.get_int64().get(small)) return small;
    std::uint64_t large = 0;
    if (!value.get_uint64().get(large)) return large;
    std::string_view token = this->token(value);
    const std::size_t sign = token.starts_with('-') ? 1 : 0;
    if (token.size() > sign && token.find_first_not_of("0123456789", sign) == token.npos &&
        (token[sign] != '0' || token.size() == sign + 1)) {
      const Json integer = Json::integer(token);
      skip(value);
      return integer;
    }
    double number = 0;
    check(value.get_double().get(number));
    return number;
  }

  /// The number's own characters.
  template <class Source>
  std::string_view token(Source& value) {
    std::string_view token;
    if constexpr (std::is_same_v<Source, od::value>) {
      token = value.raw_json_token();
    } else {
      check(value.raw_json_token().get(token));
    }
    return token.substr(0, std::min(token.find_first_of(" \t\r\n"), token.size()));
  }

  /// Moves past an integer that no 64 bits hold.
  template <class Source>
  void skip(Source& value) {
    double ignored = 0;
    const auto error = value.get_double().get(ignored);
    if (error) refuse("a number beyond the range of 64 bit floats");
  }

  /// The string that starts behind its opening quote at `raw`; the parser has found its end.
  std::string unescape(const char* raw) {
    std::string out;
    while (*raw != '"') {
      const char* const plain = raw;
      raw = skip_plain(raw);
      while (*raw != '"' && *raw != '\\') {
        if (static_cast<unsigned char>(*raw) < 0x20) refuse("a control character in a string", raw);
        ++raw;
      }
      out.append(plain, raw);
      if (*raw == '\\') raw = escape(raw + 1, out);
    }
    return out;
  }

  /// Eight bytes at a time over what needs no look: no quote, backslash or control character. The text is padded.
  static const char* skip_plain(const char* at) {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::uint64_t high = 0x8080808080808080u;
    while (true) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at, sizeof eight);
      const auto has = [&](char c) {
        const std::uint64_t zero_there = eight ^ ones * static_cast<unsigned char>(c);
        return (zero_there - ones) & ~zero_there & high;
      };
      const std::uint64_t control = (eight - ones * 0x20) & ~eight & high;
      if ((has('"') | has('\\') | control) != 0) return at;
      at += sizeof eight;
    }
  }

  const char* escape(const char* at, std::string& out) {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t found = names.find(*at); found != names.npos) {
      out += meanings[found];
      return at + 1;
    }
    if (*at != 'u') refuse("an unknown escape in a string", at);
    char32_t code = unit(at + 1);
    at += 5;
    if (code >= 0xD800 && code < 0xDC00 && at[0] == '\\' && at[1] == 'u') {
      const char32_t low = unit(at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      }
    }
    utf8_append(out, code >= 0xD800 && code < 0xE000 ? U'\uFFFD' : code);
    return at;
  }

  char32_t unit(const char* at) {
    char32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = hex_digit(at[i]);
      if (digit < 0) refuse("\\u without four hexadecimal digits", at);
      code = code << 4 | static_cast<char32_t>(digit);
    }
    return code;
  }

  void check(simdjson::error_code error) {
    if (error) refuse(error);
  }
  [[noreturn]] void refuse(simdjson::error_code error) { refuse(simdjson::error_message(error)); }
  [[noreturn]] void refuse(const std::string& reason, const char* at = nullptr) {
    if (!at && (!open_ || document_.current_location().get(at))) at = nullptr;
    const std::int64_t offset = at ? at - text_.data() : -1;
    const std::string place = offset >= 0 ? fmt::format(" at byte {}", offset) : "";
    fail(Status::invalid_argument, fmt::format("{}: not valid JSON{}: {}", what_, place, reason), offset);
  }

  simdjson::padded_string text_;
  std::string_view what_;
  std::size_t most_values_;
  std::size_t values_ = 0;  // read so far, of the text or of a member
  od::parser parser_;
  od::document document_;
  bool open_ = false;
};

}  // namespace

Json Json::parse(std::string_view text, std::string_view what, std::size_t most_values) {
  if (!utf8_valid(text)) return parse(utf8_repair(text), what, most_values);
  return Reader(text, what, most_values).read();
}

bool Json::each_member(std::string_view text, std::string_view what, std::string_view inside, std::size_t most_values,
                       const Use& use) {
  if (!utf8_valid(text)) fail(Status::invalid_argument, fmt::format("{}: not valid JSON: not UTF-8", what));
  return Reader(text, what, most_values).read_members(inside, use);
}

}  // namespace ondol
