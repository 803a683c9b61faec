#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ondol/reply_parser.hpp"

namespace ondol::replies {

/// The calls that a Python list of calls with keyword arguments stands for: "[f(a='x', b=[1, None]), g()]". Arguments
/// are literals: strings, numbers, True, False, None, lists, tuples, dicts with strings as keys. Nothing if it is no
/// such list.
/// @param text in balanced brackets, at most PythonExtent::max_depth deep.
[[nodiscard]] std::optional<std::vector<ToolCall>> python_calls(std::string_view text);

}  // namespace ondol::replies
