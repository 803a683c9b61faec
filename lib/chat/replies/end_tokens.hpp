#pragma once

#include <cstddef>
#include <string_view>

#include "chat/replies/match.hpp"

namespace ondol::replies {

/// Bytes with which white space and end-of-turn tokens begin.
inline constexpr std::string_view end_firsts = " \t\n\r\v\f<[";

/// Whether `text` begins with an end-of-turn token of any model, and its length.
struct EndToken {
  Match match = Match::no;
  std::size_t length = 0;
};
[[nodiscard]] EndToken end_token(std::string_view text) noexcept;

}  // namespace ondol::replies
