#pragma once

#include <span>
#include <string_view>

namespace ondol {

/// A format of conversations that needs no control tokens of its own vocabulary, as a chat template.
struct PlainFormat {
  std::string_view name;
  std::string_view stop;    ///< a text that ends a reply: what the model may go on with
  std::string_view source;  ///< Jinja, behind plain_preamble()
};

/// All of them, by name.
[[nodiscard]] std::span<const PlainFormat> plain_formats() noexcept;

/// What their sources share: the macro `text`, a content's text; no tools.
[[nodiscard]] std::string_view plain_preamble() noexcept;

}  // namespace ondol
