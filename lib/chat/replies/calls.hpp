#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "ondol/reply_parser.hpp"

namespace ondol::replies {

/// A call of these arguments, which must be an object, a string that holds one, or null or missing (then {}). Nothing
/// if they are not, or without a name.
[[nodiscard]] std::optional<ToolCall> make_call(std::string name, const Json* arguments, std::string id = {});

/// The calls that an object or an array of objects stands for; at least one, or nothing if any of it is no call. A call
/// has its name in "name", "tool_name" or "function", its arguments in "arguments" or "parameters", its id in "id",
/// "tool_call_id" or "call_id"; or it is an object of these in "function".
[[nodiscard]] std::optional<std::vector<ToolCall>> calls_of(const Json& json);

}  // namespace ondol::replies
