#include "chat/replies/python_extent.hpp"

namespace ondol::replies {

std::size_t PythonExtent::read(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && !complete_ && !broken_) step(text[i++]);
  return i;
}

void PythonExtent::step(char c) {
  if (quote_ != 0) return in_string(c);
  switch (c) {
    case '"':
    case '\'': quote_ = c; break;
    case '[': return open(']');
    case '(': return open(')');
    case '{': return open('}');
    case ']':
    case ')':
    case '}':
      broken_ = depth_ == 0 || closing_[depth_ - 1] != c;
      if (!broken_) complete_ = --depth_ == 0;
      break;
    default: broken_ = depth_ == 0;
  }
}

void PythonExtent::in_string(char c) {
  if (escaped_) {
    escaped_ = false;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == quote_) {
    quote_ = 0;
  } else {
    broken_ = c == '\n';
  }
}

void PythonExtent::open(char closing) {
  broken_ = depth_ == max_depth;
  if (!broken_) closing_[depth_++] = closing;
}

}  // namespace ondol::replies
