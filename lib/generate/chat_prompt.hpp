#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/json.hpp"
#include "ondol/generate.hpp"

namespace ondol {

/// The tokens of a conversation, and how many were left out to make it fit.
struct ChatPrompt {
  std::vector<Token> ids;
  std::size_t dropped = 0;
};

/// Renders and encodes as many of the messages as `options.when_full` says.
/// @throws Error context_full: even the fewest do not fit, with counts; template_error; invalid_argument.
[[nodiscard]] ChatPrompt chat_prompt(const Model& model, const ChatTemplate& chat_template,
                                     std::span<const Json> messages, const ChatOptions& options);

}  // namespace ondol
