#pragma once

#include <optional>
#include <vector>

#include "chat/jinja/text.hpp"
#include "chat/jinja/unicode.hpp"
#include "chat/jinja/value.hpp"

namespace ondol::jinja {

/// What filters and methods of str share. Marks are kept; results of markup are markup.

enum class Side : std::uint8_t { left, right, both };
/// @param characters  what to take away; nullptr: white space
[[nodiscard]] Text strip(const Text& text, const Text* characters, Side side);
/// The bytes that strip() leaves.
[[nodiscard]] TextRange strip_range(std::string_view text, const Text* characters, Side side);

[[nodiscard]] Text change_case(Limits& limits, const Text& text, Case to);
[[nodiscard]] Text swap_case(Limits& limits, const Text& text);
/// First character in title case, the rest in lower case.
[[nodiscard]] Text capitalize(Limits& limits, const Text& text);

/// @param count  at most so many, from the left; negative: all
[[nodiscard]] Text replace(Limits& limits, const Text& text, const Text& old, const Text& by, std::int64_t count);

/// @param separator  nullptr: runs of white space
[[nodiscard]] Values split(Limits& limits, const Text& text, const Text* separator, std::int64_t most, bool from_right);
/// At Python's line ends.
[[nodiscard]] Values split_lines(Limits& limits, const Text& text, bool keep_ends);

/// str(separator).join(str of each)
[[nodiscard]] Text join(Limits& limits, const Text& separator, const Values& values);

/// To `width` characters by `fill` on the left and right: as str.center, ljust, rjust.
[[nodiscard]] Text pad(Limits& limits, const Text& text, std::int64_t width, Side text_at, const Text& fill);

/// The characters as code points with the byte they start at; a last one stands for the end.
struct Character {
  char32_t code;
  std::size_t begin;
};
[[nodiscard]] std::vector<Character> characters(Limits& limits, std::string_view text);

/// The first place of `part` from `from` on, or npos. Takes linear time, which std::string_view::find does not.
[[nodiscard]] std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0) noexcept;
/// The last place, or npos.
[[nodiscard]] std::size_t rfind_text(Limits& limits, std::string_view text, std::string_view part);

}  // namespace ondol::jinja
