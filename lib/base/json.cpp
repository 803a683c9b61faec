#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <unordered_map>

#include "base/fail.hpp"
#include "base/utf8.hpp"

namespace ondol {

struct Json::Object {
  std::vector<Member> members;
  std::unordered_map<std::string_view, std::size_t> index;  // only where a walk would be slow
};

namespace {

constexpr std::size_t indexed_from = 16;

const Json::Array no_items;
const std::vector<Json::Member> no_members;

void append_escape(std::string& out, unsigned unit) { fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit); }

}  // namespace

Json::Json(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    value_ = static_cast<std::int64_t>(value);
  } else {
    value_ = value;
  }
}

Json::Json(std::string_view value)
    : value_(std::make_shared<const std::string>(utf8_valid(value) ? std::string(value) : utf8_repair(value))) {}

Json::Json(Array items) : value_(std::make_shared<const Array>(std::move(items))) {}

Json Json::object(std::vector<Member> members) {
  auto object = std::make_shared<Object>();
  if (members.size() < indexed_from) {
    for (Member& member : members) {
      const auto same = [&](const Member& m) { return m.first == member.first; };
      const auto found = std::find_if(object->members.begin(), object->members.end(), same);
      if (found == object->members.end()) {
        object->members.push_back(std::move(member));
      } else {
        found->second = std::move(member.second);
      }
    }
  } else {
    object->members.reserve(members.size());  // the index views the keys: they must not move
    for (Member& member : members) {
      const auto found = object->index.find(member.first);
      if (found != object->index.end()) {
        object->members[found->second].second = std::move(member.second);
      } else {
        object->members.push_back(std::move(member));
        object->index.emplace(object->members.back().first, object->members.size() - 1);
      }
    }
  }
  Json json;
  json.value_ = std::shared_ptr<const Object>(std::move(object));
  return json;
}

Json Json::integer(std::string_view digits) {
  const char* const end = digits.data() + digits.size();
  std::int64_t small = 0;
  if (std::from_chars(digits.data(), end, small) == std::from_chars_result{end, std::errc()}) return small;
  std::uint64_t large = 0;
  if (std::from_chars(digits.data(), end, large) == std::from_chars_result{end, std::errc()}) return large;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  Json json;
  json.value_ = Digits{std::make_shared<const std::string>(fmt::format("{}{}", negative ? "-" : "", digits))};
  return json;
}

Json::Kind Json::kind() const noexcept {
  constexpr Kind kinds[] = {Kind::null,   Kind::boolean, Kind::integer, Kind::integer, Kind::integer,
                            Kind::number, Kind::string,  Kind::array,   Kind::object};
  return kinds[value_.index()];
}

std::optional<bool> Json::as_bool() const noexcept {
  const bool* v = std::get_if<bool>(&value_);
  return v ? std::optional(*v) : std::nullopt;
}

std::optional<std::int64_t> Json::as_int64() const noexcept {
  const auto* v = std::get_if<std::int64_t>(&value_);
  return v ? std::optional(*v) : std::nullopt;
}

std::optional<std::uint64_t> Json::as_uint64() const noexcept {
  if (const auto* v = std::get_if<std::int64_t>(&value_); v && *v >= 0) return static_cast<std::uint64_t>(*v);
  const auto* v = std::get_if<std::uint64_t>(&value_);
  return v ? std::optional(*v) : std::nullopt;
}

std::optional<double> Json::as_double() const noexcept {
  if (const auto* v = std::get_if<double>(&value_)) return *v;
  if (const auto* v = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*v);
  if (const auto* v = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*v);
  if (const auto* v = std::get_if<Digits>(&value_)) {
    double number = 0;
    const std::string& text = *v->text;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc::result_out_of_range) number = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    return number;
  }
  return std::nullopt;
}

const std::string* Json::as_string() const noexcept {
  const auto* v = std::get_if<std::shared_ptr<const std::string>>(&value_);
  return v ? v->get() : nullptr;
}

std::optional<std::string> Json::digits() const {
  if (const auto* v = std::get_if<std::int64_t>(&value_)) return std::to_string(*v);
  if (const auto* v = std::get_if<std::uint64_t>(&value_)) return std::to_string(*v);
  if (const auto* v = std::get_if<Digits>(&value_)) return *v->text;
  return std::nullopt;
}

const Json::Array& Json::items() const noexcept {
  const auto* v = std::get_if<std::shared_ptr<const Array>>(&value_);
  return v ? **v : no_items;
}

const std::vector<Json::Member>& Json::members() const noexcept {
  const auto* v = std::get_if<std::shared_ptr<const Object>>(&value_);
  return v ? (*v)->members : no_members;
}

std::size_t Json::size() const noexcept { return is_object() ? members().size() : items().size(); }

const Json* Json::find(std::string_view key) const noexcept {
  const auto* v = std::get_if<std::shared_ptr<const Object>>(&value_);
  if (!v) return nullptr;
  const Object& object = **v;
  if (!object.index.empty()) {
    const auto found = object.index.find(key);
    return found == object.index.end() ? nullptr : &object.members[found->second].second;
  }
  for (const Member& member : object.members) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  const Json* found = find(key);
  if (!found) {
    fail(Status::invalid_argument,
         is_object() ? fmt::format("no member \"{}\"", key)
                     : fmt::format("found {} where an object with \"{}\" was expected", kind_name(kind()), key));
  }
  return *found;
}

const Json& Json::at(std::size_t index) const {
  if (index >= items().size()) {
    fail(Status::invalid_argument, fmt::format("no item {} in {} of {}", index, kind_name(kind()), items().size()));
  }
  return items()[index];
}

bool Json::operator==(const Json& other) const {
  if (value_.index() != other.value_.index()) return false;
  switch (kind()) {
    case Kind::null: return true;
    case Kind::boolean: return as_bool() == other.as_bool();
    case Kind::integer: return digits() == other.digits();
    case Kind::number: return std::get<double>(value_) == std::get<double>(other.value_);
    case Kind::string: return *as_string() == *other.as_string();
    case Kind::array: return items() == other.items();
    case Kind::object: break;
  }
  return members().size() == other.members().size() &&
         std::all_of(members().begin(), members().end(), [&](const Member& member) {
           const Json* twin = other.find(member.first);
           return twin && *twin == member.second;
         });
}

namespace {

class Writer {
 public:
  Writer(std::string& out, const JsonStyle& style) : out_(out), style_(style) {}

  void write(const Json& json) {
    switch (json.kind()) {
      case Json::Kind::null: out_ += "null"; break;
      case Json::Kind::boolean: out_ += *json.as_bool() ? "true" : "false"; break;
      case Json::Kind::integer: out_ += *json.digits(); break;
      case Json::Kind::number: write_number(*json.as_double()); break;
      case Json::Kind::string: append_json_string(out_, *json.as_string(), style_.ascii); break;
      case Json::Kind::array: write_all(json.items(), "[]"); break;
      case Json::Kind::object: write_object(json.members()); break;
    }
  }

 private:
  void write(const Json::Member* member) {
    append_json_string(out_, member->first, style_.ascii);
    out_ += style_.key_separator;
    write(member->second);
  }

  void write_number(double value) {
    out_ += std::isnan(value) ? "NaN" : std::isinf(value) ? (value > 0 ? "Infinity" : "-Infinity") : float_repr(value);
  }

  void write_object(const std::vector<Json::Member>& members) {
    std::vector<const Json::Member*> order;
    order.reserve(members.size());
    for (const Json::Member& member : members) order.push_back(&member);
    if (style_.sort_keys) {
      std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    }
    write_all(order, "{}");
  }

  template <class Items>
  void write_all(const Items& items, std::string_view brackets) {
    out_ += brackets[0];
    ++level_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += style_.item_separator;
      first = false;
      new_line();
      write(item);
    }
    --level_;
    if (!first) new_line();
    out_ += brackets[1];
  }

  void new_line() {
    if (!style_.indent) return;
    out_ += '\n';
    for (int i = 0; i < level_; ++i) out_ += *style_.indent;
  }

  std::string& out_;
  const JsonStyle& style_;
  int level_ = 0;
};

}  // namespace

std::string Json::dump(const JsonStyle& style) const {
  std::string out;
  Writer(out, style).write(*this);
  return out;
}

const char* kind_name(Json::Kind kind) noexcept {
  constexpr const char* names[] = {"null", "a boolean", "an integer", "a number", "a string", "an array", "an object"};
  return names[static_cast<std::size_t>(kind)];
}

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[40] = {};  // ends in zeros for atoi
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer));
  const std::size_t e = text.find('e');
  const bool negative = text[0] == '-';
  std::string digits(1, text[negative ? 1 : 0]);
  if (const std::size_t dot = text.find('.'); dot != text.npos) digits += text.substr(dot + 1, e - dot - 1);
  const int exponent = std::atoi(text.data() + e + 1);
  const int count = static_cast<int>(digits.size());
  const std::string_view sign = negative ? "-" : "";
  const std::string_view shown = digits;
  if (exponent < -4 || exponent >= 16) {
    return fmt::format("{}{}{}{}e{}{:02}", sign, shown.substr(0, 1), count > 1 ? "." : "", shown.substr(1),
                       exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0) return fmt::format("{}0.{:0>{}}", sign, shown, count - exponent - 1);
  if (count <= exponent + 1) return fmt::format("{}{:0<{}}.0", sign, shown, exponent + 1);
  const auto whole = static_cast<std::size_t>(exponent + 1);
  return fmt::format("{}{}.{}", sign, shown.substr(0, whole), shown.substr(whole));
}

void append_json_string(std::string& out, std::string_view text, bool ascii) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '"': out += "\\\""; continue;
      case '\\': out += "\\\\"; continue;
      case '\n': out += "\\n"; continue;
      case '\r': out += "\\r"; continue;
      case '\t': out += "\\t"; continue;
      case '\b': out += "\\b"; continue;
      case '\f': out += "\\f"; continue;
      default: break;
    }
    const std::size_t length = c < 0x80 ? 1 : utf8_length(text.substr(i));
    if (c < 0x20 || (c == 0x7F && ascii)) {
      append_escape(out, c);
    } else if (c < 0x80 || !ascii || length == 0) {
      out += text[i];
    } else {
      const char32_t code = utf8_decode(text.substr(i), length);
      if (code < 0x10000) {
        append_escape(out, static_cast<unsigned>(code));
      } else {
        append_escape(out, static_cast<unsigned>(0xD800 + ((code - 0x10000) >> 10)));
        append_escape(out, static_cast<unsigned>(0xDC00 + ((code - 0x10000) & 0x3FF)));
      }
      i += length - 1;
    }
  }
  out += '"';
}

}  // namespace ondol
