#include "files/cursor.hpp"

#include <fmt/format.h>

#include "files/printable.hpp"

namespace ondol {

void Cursor::refuse(const std::string& problem, std::uint64_t offset, Status code) const {
  std::string thing(kind_);
  if (index_ != no_index) thing += fmt::format(" {}", index_);
  if (!name_.empty()) thing += fmt::format(" '{}'", printable(name_));
  fail(code, fmt::format("{}: {}, byte {}: {}", path_, thing, offset, problem), static_cast<std::int64_t>(offset));
}

void Cursor::missing(std::uint64_t size, std::string_view what) const {
  refuse(fmt::format("{} needs {} bytes, {} are left of the file", what, size, left()), at_);
}

}  // namespace ondol
