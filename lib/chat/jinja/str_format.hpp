#pragma once

#include "chat/jinja/native.hpp"

namespace ondol::jinja {

/// Python's str.format with the sandbox's access to attributes and items.
Text str_format(Interpreter& in, const Text& text, const Arguments& arguments);

}  // namespace ondol::jinja
