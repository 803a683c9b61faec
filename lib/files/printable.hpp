#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace ondol {

/// Text of a file as a message or a terminal may show it: control characters as \n or \x1b, wrong UTF-8 as U+FFFD, cut
/// at a character with "..." behind where it is longer than `limit` bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 96);
/// A value of a file, as JSON.
[[nodiscard]] std::string printable_json(const Json& value, std::size_t limit = 200);

}  // namespace ondol
