#include "models/config.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/fail.hpp"

namespace ondol {

Config::Config(const WeightSource& source) : source_(source) {
  const auto name = source.text("general.architecture");
  if (!name || name->empty()) {
    fail(Status::bad_file, fmt::format("{}: general.architecture is missing, so this is no model file", source.path()));
  }
  architecture_ = *name;
}

std::string Config::key(std::string_view name) const { return fmt::format("{}.{}", architecture_, name); }

std::size_t Config::count(std::string_view name, std::size_t most) const {
  const auto found = source_.count(key(name));
  if (!found) fail(Status::bad_file, fmt::format("{}: {} is missing", source_.path(), key(name)));
  if (*found == 0 || *found > most) {
    fail(Status::bad_file, fmt::format("{}: {} is {}, expected 1 .. {}", source_.path(), key(name), *found, most));
  }
  return *found;
}

std::size_t Config::count_or(std::string_view name, std::size_t otherwise, std::size_t most) const {
  if (!has(name) || (otherwise == 0 && source_.count(key(name)) == std::uint64_t{0})) return otherwise;
  return count(name, most);
}

double Config::positive(std::string_view name) const {
  const auto found = source_.number(key(name));
  if (!found) fail(Status::bad_file, fmt::format("{}: {} is missing", source_.path(), key(name)));
  if (!std::isfinite(*found) || *found <= 0) {
    fail(Status::bad_file, fmt::format("{}: {} is {}, expected a number above 0", source_.path(), key(name), *found));
  }
  return *found;
}

double Config::positive_or(std::string_view name, double otherwise) const {
  return has(name) ? positive(name) : otherwise;
}

std::string_view Config::text_or(std::string_view name, std::string_view otherwise) const {
  return source_.text(key(name)).value_or(otherwise);
}

}  // namespace ondol
