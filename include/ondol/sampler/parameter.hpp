#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ondol/error.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol::detail {

/// The shortest text that reads back as the same number.
template <class Number>
[[nodiscard]] std::string number_text(Number value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// "temperature 0.7"
template <class Number>
[[nodiscard]] std::string step_text(std::string_view name, Number value) {
  return std::string(name) + " " + number_text(value);
}

/// @throws Error invalid_argument unless `good`: "top_p is 1.5, expected above 0 and at most 1".
template <class Number>
void require(bool good, std::string_view parameter, Number found, std::string_view expected) {
  if (good) return;
  throw Error(Status::invalid_argument,
              std::string(parameter) + " is " + number_text(found) + ", expected " + std::string(expected));
}

/// @throws Error invalid_argument: `id` is not in 0 .. vocabulary - 1.
inline void require_token(Token id, std::size_t vocabulary, std::string_view parameter) {
  if (id >= 0 && static_cast<std::size_t>(id) < vocabulary) return;
  throw Error(Status::invalid_argument, std::string(parameter) + ": token " + std::to_string(id) +
                                            " is outside of the vocabulary of " + std::to_string(vocabulary));
}

}  // namespace ondol::detail
