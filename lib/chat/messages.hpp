#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "chat/jinja/value.hpp"
#include "ondol/chat_template.hpp"

namespace ondol {

/// A JSON value as a template sees it; its strings are of `origin`.
[[nodiscard]] jinja::Value to_value(const Json& json, jinja::Text::Origin origin);

/// The variables of a rendering as transformers passes them: messages with one name for their reasoning, tools,
/// documents (none if there are none), add_generation_prompt, the tokens that are set, further variables.
/// @param checked  whether messages must have the OpenAI form
/// @throws Error invalid_argument: malformed JSON, no array or object where one is expected, a malformed message, a
///         further variable with the name of one that has its own argument.
[[nodiscard]] std::vector<std::pair<std::string, jinja::Value>> template_variables(std::string_view messages,
                                                                                   const RenderOptions& options,
                                                                                   bool checked);

}  // namespace ondol
