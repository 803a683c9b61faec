#include "files/split.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"

namespace ondol::gguf {
namespace {

constexpr std::uint64_t most_parts = 99999;  // names have five digits

std::optional<std::uint64_t> read_number(const File& file, std::string_view path, std::string_view name,
                                         std::uint64_t most) {
  const auto key = std::ranges::find(file.keys, name, &Key::name);
  if (key == file.keys.end()) return std::nullopt;
  const Value& value = key->value;
  const auto found = !value.is_array() && is_integer(value.type) ? numbers<std::uint64_t>(value) : std::nullopt;
  if (!found || found->front() > most) {
    fail(Status::bad_file,
         fmt::format("{}: key '{}', byte {}: is {} {}, expected a whole number in 0 .. {}", path, name, value.offset,
                     type_text(value), value_text(value), most),
         static_cast<std::int64_t>(value.offset));
  }
  return found->front();
}

std::string suffix(std::uint64_t number, std::uint64_t count) {
  return fmt::format("-{:05}-of-{:05}.gguf", number + 1, count);
}

}  // namespace

Split read_split(const File& file, std::string_view path) {
  Split split;
  split.count = std::max<std::uint64_t>(1, read_number(file, path, "split.count", most_parts).value_or(1));
  split.number = read_number(file, path, "split.no", split.count - 1).value_or(0);
  split.tensors = read_number(file, path, "split.tensors.count", most_tensors);
  return split;
}

std::string part_path(std::string_view path, const Split& own, std::uint64_t number) {
  const std::string ending = suffix(own.number, own.count);
  if (!path.ends_with(ending)) {
    fail(Status::bad_file,
         fmt::format(
             "{}: is part {} of {} of a split model by its keys split.no and split.count; its name has to end in "
             "'{}' for the others to be found",
             path, own.number + 1, own.count, ending));
  }
  return std::string(path.substr(0, path.size() - ending.size())) + suffix(number, own.count);
}

}  // namespace ondol::gguf
