#pragma once

#include <string>
#include <string_view>

namespace ondol::jinja {

/// Character classes and case as Python's str has them.
[[nodiscard]] bool is_space(char32_t code) noexcept;
[[nodiscard]] bool is_alpha(char32_t code) noexcept;
[[nodiscard]] bool is_decimal(char32_t code) noexcept;
[[nodiscard]] bool is_digit(char32_t code) noexcept;
[[nodiscard]] bool is_numeric(char32_t code) noexcept;
[[nodiscard]] bool is_printable(char32_t code) noexcept;
[[nodiscard]] bool is_lower(char32_t code) noexcept;
[[nodiscard]] bool is_upper(char32_t code) noexcept;
[[nodiscard]] bool is_title(char32_t code) noexcept;
/// Letter, number or underscore: the \w of regular expressions.
[[nodiscard]] bool is_word(char32_t code) noexcept;

enum class Case { lower, upper, title, fold };
/// Appends a character in another case; it may become several.
void append_case(std::string& out, char32_t code, Case to);
/// Whether a capital sigma after `before` and in front of `after` is a final one.
[[nodiscard]] bool is_final_sigma(std::string_view before, std::string_view after) noexcept;

}  // namespace ondol::jinja
