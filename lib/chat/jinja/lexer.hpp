#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ondol::jinja {

struct Token {
  enum class Kind : std::uint8_t {
    data,            ///< text between tags
    variable_begin,  ///< {{
    variable_end,
    block_begin,  ///< {%
    block_end,
    name,
    string,   ///< value: unescaped
    integer,  ///< value: decimal digits
    real,     ///< value: as written, without underscores
    op,       ///< value: the operator
    end,
  };
  Kind kind;
  std::string value;
  std::int64_t at;  ///< byte of the (normalised) source
};

/// A template as tokens. White space is handled here, with trim_blocks and lstrip_blocks on.
/// @param source its lines end in "\n": see normalise().
/// @throws Failure with the byte.
[[nodiscard]] std::vector<Token> tokenize(std::string_view source);

/// Line ends as "\n", and without one at the end of the text.
[[nodiscard]] std::string normalise(std::string_view source);
/// The byte of `source` that became byte `at` of normalise(source).
[[nodiscard]] std::int64_t original_offset(std::string_view source, std::int64_t at);

}  // namespace ondol::jinja
