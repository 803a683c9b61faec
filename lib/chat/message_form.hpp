#pragma once

#include <cstddef>

#include "base/json.hpp"

namespace ondol {

/// Refuses a message that is not in the OpenAI form; keys that it does not know are left alone, and so is what a tool
/// returned: content of another role than system, developer, user and assistant may be any JSON.
/// @param index  its place among the messages, for the error
/// @throws Error invalid_argument: names the key, what was found and what was expected.
void check_message(const Json& message, std::size_t index);

/// The message with its reasoning under the two names that templates read: the first of "reasoning_content",
/// "thinking" and "reasoning" that is set.
[[nodiscard]] Json with_reasoning(const Json& message);

/// The message with arguments of tool calls as objects where they are a text that holds one (or nothing at all).
[[nodiscard]] Json with_parsed_arguments(const Json& message);

}  // namespace ondol
