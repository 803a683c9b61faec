#include "base/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/fail.hpp"

namespace ondol {
namespace {

struct TypeRow {
  const char* name;
  const char* article;
  const char* measure;  // what min and max are about
};
constexpr TypeRow types[] = {{"boolean", "a boolean", ""},    {"integer", "an integer", ""},
                             {"number", "a number", ""},      {"string", "a string", "length"},
                             {"array", "an array", "length"}, {"object", "an object", "size"},
                             {"any", "a value", ""}};

const TypeRow& row(OptionType type) { return types[static_cast<std::size_t>(type)]; }

bool has_type(const Json& value, OptionType type) {
  switch (type) {
    case OptionType::boolean: return value.is(Json::Kind::boolean);
    case OptionType::integer: return value.is(Json::Kind::integer);
    case OptionType::number: return value.is(Json::Kind::integer) || value.is(Json::Kind::number);
    case OptionType::string: return value.is_string();
    case OptionType::array: return value.is_array();
    case OptionType::object: return value.is_object();
    case OptionType::any: break;
  }
  return true;
}

/// What min and max bound: the number itself or a length.
std::optional<double> extent(const Json& value) {
  if (value.is_string()) return static_cast<double>(value.as_string()->size());
  if (value.is_array() || value.is_object()) return static_cast<double>(value.size());
  return value.as_double();
}

std::string shown(const Json& value) {
  std::string text = value.dump();
  if (text.size() > 60) text = std::string(kind_name(value.kind()));
  return text;
}

std::string range_text(const OptionSpec& spec) {
  const auto number = [](double v) {
    return v == std::floor(v) && std::fabs(v) < 1e15 ? std::to_string(static_cast<std::int64_t>(v)) : float_repr(v);
  };
  if (spec.min && spec.max) return fmt::format("{} .. {}", number(*spec.min), number(*spec.max));
  return spec.min ? fmt::format("at least {}", number(*spec.min)) : fmt::format("at most {}", number(*spec.max));
}

void check(const Json& value, const OptionSpec& spec, std::string_view what) {
  if (!has_type(value, spec.type)) {
    fail(Status::invalid_argument,
         fmt::format("{}: \"{}\" is {}, expected {}", what, spec.key, shown(value), row(spec.type).article));
  }
  if (const auto size = extent(value); size && (spec.min || spec.max)) {
    const bool inside = (!spec.min || *size >= *spec.min) && (!spec.max || *size <= *spec.max);
    if (!inside) {  // NaN is outside too
      const std::string_view measure = row(spec.type).measure;
      fail(Status::invalid_argument, fmt::format("{}: \"{}\" is {}, expected {}{}{}", what, spec.key, shown(value),
                                                 measure, measure.empty() ? "" : " ", range_text(spec)));
    }
  }
  const std::string* text = value.as_string();
  if (text && !spec.choices.empty() &&
      std::find(spec.choices.begin(), spec.choices.end(), *text) == spec.choices.end()) {
    fail(Status::invalid_argument, fmt::format("{}: \"{}\" is {}, expected one of {}", what, spec.key, shown(value),
                                               fmt::join(spec.choices, ", ")));
  }
}

/// Edits (insert, delete, replace, swap neighbours) between two words.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

const Json& value_of(const Json& options, std::string_view key) {
  const Json* value = option_if(options, key);
  if (!value) fail(Status::internal, fmt::format("option \"{}\" has no value", key));
  return *value;
}

template <class Value>
Value typed(std::optional<Value> value, std::string_view key) {
  if (!value) fail(Status::internal, fmt::format("option \"{}\" has another type", key));
  return *value;
}

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 2) + 1;
  word = word.substr(0, 200);
  for (const std::string_view candidate : known) {
    const std::size_t distance = edits(word, candidate);
    if (distance < fewest) best = candidate, fewest = distance;
  }
  return best;
}

Json validate_options(const Json& options, std::span<const OptionSpec> specs, std::string_view what) {
  if (!options.is_null() && !options.is_object()) {
    fail(Status::invalid_argument, fmt::format("{}: found {}, expected an object", what, kind_name(options.kind())));
  }
  std::vector<std::string_view> keys;
  for (const OptionSpec& spec : specs) keys.push_back(spec.key);
  for (const auto& [key, value] : options.members()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const std::string_view near = nearest_word(key, keys);
    const std::string hint =
        near.empty() ? fmt::format("known are {}", fmt::join(keys, ", ")) : fmt::format("did you mean \"{}\"?", near);
    fail(Status::invalid_argument, fmt::format("{}: unknown key \"{}\"; {}", what, key.substr(0, 200), hint));
  }
  std::vector<Json::Member> checked;
  for (const OptionSpec& spec : specs) {
    const Json* given = options.find(spec.key);
    if (given && !given->is_null()) check(*given, spec, what);
    checked.emplace_back(spec.key, given && !given->is_null() ? *given : spec.preset);
  }
  return Json::object(std::move(checked));
}

Json options_schema(std::span<const OptionSpec> specs) {
  std::vector<Json::Member> keys;
  for (const OptionSpec& spec : specs) {
    std::vector<Json::Member> facts;
    facts.emplace_back("type", row(spec.type).name);
    facts.emplace_back("default", spec.preset);
    if (spec.min) facts.emplace_back("min", *spec.min);
    if (spec.max) facts.emplace_back("max", *spec.max);
    if (!spec.choices.empty()) facts.emplace_back("choices", Json::Array(spec.choices.begin(), spec.choices.end()));
    facts.emplace_back("doc", spec.doc);
    keys.emplace_back(spec.key, Json::object(std::move(facts)));
  }
  return Json::object(std::move(keys));
}

const Json* option_if(const Json& options, std::string_view key) {
  const Json* value = options.find(key);
  return value && !value->is_null() ? value : nullptr;
}

bool option_flag(const Json& options, std::string_view key) { return typed(value_of(options, key).as_bool(), key); }

std::int64_t option_integer(const Json& options, std::string_view key) {
  return typed(value_of(options, key).as_int64(), key);
}

std::uint64_t option_count(const Json& options, std::string_view key) {
  return typed(value_of(options, key).as_uint64(), key);
}

double option_number(const Json& options, std::string_view key) {
  return typed(value_of(options, key).as_double(), key);
}

const std::string& option_text(const Json& options, std::string_view key) {
  const std::string* text = value_of(options, key).as_string();
  if (!text) fail(Status::internal, fmt::format("option \"{}\" has another type", key));
  return *text;
}

}  // namespace ondol
