#include "text/hugging_face/config.hpp"

#include <fmt/format.h>

#include "base/fail.hpp"
#include "text/characters.hpp"

namespace ondol::text {

Config::Config(const Json& json, std::string what) : json_(json), what_(std::move(what)) {
  if (!json.is_object()) {
    fail(Status::bad_file, fmt::format("{} is {}, expected an object", what_, kind_name(json.kind())));
  }
  const Json* type = json.find("type");
  if (type && type->as_string()) {
    type_ = *type->as_string();
    what_ = fmt::format("{} {}", what_, type_);
  }
}

const Json* Config::find(std::string_view key) const noexcept {
  const Json* value = json_.find(key);
  return value && !value->is_null() ? value : nullptr;
}

const Json& Config::at(std::string_view key, Json::Kind kind) const {
  const Json* value = find(key);
  if (!value || !value->is(kind)) refuse_value(key, value ? kind_name(value->kind()) : "nothing", kind_name(kind));
  return *value;
}

std::string Config::text(std::string_view key) const { return *at(key, Json::Kind::string).as_string(); }

std::string Config::text(std::string_view key, std::string_view if_missing) const {
  return find(key) ? text(key) : std::string(if_missing);
}

bool Config::flag(std::string_view key, bool if_missing) const {
  return find(key) ? *at(key, Json::Kind::boolean).as_bool() : if_missing;
}

std::size_t Config::count(std::string_view key, std::optional<std::size_t> if_missing) const {
  if (!find(key) && if_missing) return *if_missing;
  const Json& value = at(key, Json::Kind::integer);
  const auto number = value.as_uint64();
  if (!number || *number > 0xFFFFFFFF) refuse_value(key, value.dump(), "a number of 0 .. 2^32 - 1");
  return std::size_t(*number);
}

char32_t Config::character(std::string_view key) const {
  const std::string value = text(key);
  if (value.empty() || next_character(value).size != value.size()) refuse_value(key, value, "one character");
  return next_character(value).code;
}

void Config::refuse_value(std::string_view key, std::string_view found, std::string_view expected) const {
  fail(Status::bad_file, fmt::format("{}: '{}' is {}, expected {}", what_, key, found, expected));
}

void Config::refuse_type() const {
  if (type_.empty()) refuse_value("type", "missing", "a name");
  fail(Status::unsupported, fmt::format("{} is not known", what_));
}

}  // namespace ondol::text
