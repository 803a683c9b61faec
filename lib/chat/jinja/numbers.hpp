#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/jinja/big_integer.hpp"

namespace ondol::jinja {

/// Python's int(text, base): blanks around, a sign, underscores between digits, prefixes 0x 0o 0b.
[[nodiscard]] std::optional<BigInteger> parse_integer(std::string_view text, std::int64_t base);
/// Python's float(text).
[[nodiscard]] std::optional<double> parse_real(std::string_view text);
/// Python's round(value, digits): correctly rounded, halves to even.
[[nodiscard]] double round_to(double value, std::int64_t digits);

}  // namespace ondol::jinja
