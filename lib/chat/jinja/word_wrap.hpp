#pragma once

#include "chat/jinja/value.hpp"

namespace ondol::jinja {

struct WrapOptions {
  std::size_t width;
  bool break_long;        ///< words that are longer than a line
  bool break_at_hyphens;  ///< such words behind their last hyphen
  bool chunk_at_hyphens;  ///< words behind hyphens between letters
};

/// Appends the pieces of a line: Python's textwrap.wrap without changes of white space.
void wrap_line(Limits& limits, const Text& line, const WrapOptions& options, Values& out);

}  // namespace ondol::jinja
