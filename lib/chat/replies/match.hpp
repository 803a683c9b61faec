#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace ondol::replies {

/// White space, as far as replies are trimmed.
inline constexpr std::string_view white = " \t\n\r\v\f";

/// Number of white bytes that `text` begins with.
[[nodiscard]] inline std::size_t white_length(std::string_view text) noexcept {
  return std::min(text.find_first_not_of(white), text.size());
}

/// Whether a mark begins a text that may go on.
enum class Match : std::uint8_t { no, yes, partial };

[[nodiscard]] inline Match match(std::string_view text, std::string_view mark) noexcept {
  if (text.starts_with(mark)) return Match::yes;
  return mark.starts_with(text) ? Match::partial : Match::no;
}

}  // namespace ondol::replies
