#pragma once

#include <string>

#include "base/json.hpp"
#include "data.hpp"
#include "ondol/chat_template.hpp"

namespace test {

/// The clock of the reference results: 2026-01-02 03:04:05.
inline constexpr std::chrono::sys_seconds clock{std::chrono::sys_days{std::chrono::year(2026) / 1 / 2} +
                                                std::chrono::hours(3) + std::chrono::minutes(4) +
                                                std::chrono::seconds(5)};

inline ondol::Json json(const std::string& name) { return ondol::Json::parse(read(data(name)), name); }

/// Renders with the inputs of the reference data: an object of variables, in which messages, tools, documents,
/// add_generation_prompt, bos_token and eos_token go to their own arguments.
inline ondol::RenderedPrompt render(const ondol::ChatTemplate& chat_template, const ondol::Json& inputs) {
  ondol::RenderOptions options;
  options.now = clock;
  options.add_generation_prompt = false;
  std::string messages = "[]";
  std::vector<ondol::Json::Member> further;
  for (const auto& [name, value] : inputs.members()) {
    if (name == "messages") {
      messages = value.dump();
    } else if (name == "tools" || name == "documents") {
      (name == "tools" ? options.tools : options.documents) = value.is_null() ? "" : value.dump();
    } else if (name == "add_generation_prompt") {
      options.add_generation_prompt = *value.as_bool();
    } else if (name == "bos_token" || name == "eos_token") {
      (name == "bos_token" ? options.bos_token : options.eos_token) = *value.as_string();
    } else {
      further.emplace_back(name, value);
    }
  }
  options.variables = ondol::Json::object(std::move(further)).dump();
  return chat_template.render(messages, options);
}

/// Messages of one user.
inline std::string user(const std::string& content) {
  return ondol::Json::array({ondol::Json::object({{"role", "user"}, {"content", content}})}).dump();
}

/// The parts of a prompt that are content, one after the other.
inline std::string content_of(const ondol::RenderedPrompt& prompt) {
  std::string out;
  for (const auto& range : prompt.content) out += prompt.text.substr(range.begin, range.end - range.begin);
  return out;
}

}  // namespace test
