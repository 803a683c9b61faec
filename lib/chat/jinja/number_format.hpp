#pragma once

#include <cstdint>
#include <string>

#include "chat/jinja/value.hpp"

namespace ondol::jinja {

/// How a number is written, in the terms that '%' and str.format share.
struct NumberFormat {
  char type = 0;           ///< d b o x X e E f F g G %, or 0: the value's own
  char sign = '-';         ///< '-', '+', ' '
  bool alternate = false;  ///< '#'
  char grouping = 0;       ///< ',' or '_'
  std::int64_t precision = -1;
  std::int64_t fill_to = 0;       ///< with grouping: zeros up to this width, sign included
  bool no_negative_zero = false;  ///< 'z'
};

/// Sign, prefix and digits of a number, so that padding can stand between them.
struct NumberText {
  std::string head;
  std::string digits;
};

/// @throws Failure for a type that the value cannot have.
[[nodiscard]] NumberText format_integer(const BigInteger& value, const NumberFormat& format);
[[nodiscard]] NumberText format_real(double value, const NumberFormat& format);

}  // namespace ondol::jinja
