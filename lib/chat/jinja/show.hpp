#pragma once

#include <string>

#include "chat/jinja/value.hpp"

namespace ondol::jinja {

/// Appends str(value): what {{ value }} prints.
void append_str(TextBuilder& out, const Value& value);
/// Appends repr(value).
void append_repr(TextBuilder& out, const Value& value);
/// The text with what is not ASCII as \x, \u or \U escapes: Python's ascii() of a repr.
[[nodiscard]] Text ascii_only(Limits& limits, const Text& text);
[[nodiscard]] Text to_text(Limits& limits, const Value& value);

/// repr of a value for messages, cut short.
[[nodiscard]] std::string brief(const Value& value);

struct ToJson {
  bool ascii = false;
  std::optional<std::string> indent{};
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool sort_keys = false;
};
/// Python's json.dumps. A result with any content in it is content as a whole.
void append_json(TextBuilder& out, const Value& value, const ToJson& options);

}  // namespace ondol::jinja
