#pragma once

#include <cstddef>
#include <string_view>

#include "chat/jinja/lexer.hpp"

namespace ondol::jinja {

/// The number that starts at byte `at` of the source, which is moved behind it. @throws Failure
[[nodiscard]] Token read_number(std::string_view source, std::size_t& at);
/// The same of a string, which starts with its quote.
[[nodiscard]] Token read_string(std::string_view source, std::size_t& at);

}  // namespace ondol::jinja
