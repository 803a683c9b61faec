#pragma once

#include "chat/jinja/text.hpp"

namespace ondol::jinja {

/// & < > ' " as entities; the result is markup.
[[nodiscard]] Text escape_html(Limits& limits, const Text& text);

}  // namespace ondol::jinja
