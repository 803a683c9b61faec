#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ondol {

/// Length of the valid UTF-8 sequence at the start of `text` (1 .. 4); 0 if it is empty, wrong, overlong, a surrogate,
/// beyond U+10FFFF or cut off.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// The code point of the valid sequence of `length` bytes at the start of `text`.
[[nodiscard]] char32_t utf8_decode(std::string_view text, std::size_t length) noexcept;

/// Appends `code` (a scalar value) to `out`.
void utf8_append(std::string& out, char32_t code);

[[nodiscard]] bool utf8_valid(std::string_view text) noexcept;

/// Whether `text` could become one valid sequence by more bytes: a prefix of 1 .. 3 bytes of a sequence.
[[nodiscard]] bool utf8_incomplete(std::string_view text) noexcept;

/// `text` with each maximal wrong part replaced by U+FFFD (as Unicode 3.9 and Python's errors="replace" do), or each of
/// its bytes.
[[nodiscard]] std::string utf8_repair(std::string_view text, bool each_byte = false);

}  // namespace ondol
