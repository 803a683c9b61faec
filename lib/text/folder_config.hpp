#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "text/special_tokens.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// Another file in the folder of a file.
[[nodiscard]] std::string beside(const std::string& path, std::string_view name);

/// A JSON object beside a file; an empty one if it is not there.
/// @throws Error bad_file: no JSON object.
[[nodiscard]] Json read_beside(const std::string& path, std::string_view name);

/// The chat template of a model's folder: chat_template.jinja, or what tokenizer_config.json says, of several the
/// default one. @throws Error bad_file.
[[nodiscard]] std::optional<std::string> folder_chat_template(const std::string& folder);

/// The files of a model's folder that say what tokens are for; objects, empty where there is none.
struct RoleFiles {
  Json tokenizer_config = Json::object();
  Json special_tokens_map = Json::object();
  Json generation_config = Json::object();

  /// Those in the folder of a file. @throws Error bad_file.
  [[nodiscard]] static RoleFiles beside(const std::string& path);
};

/// Text of the token that `files` name for a role ("sep_token"); empty: none.
[[nodiscard]] std::string role_text(const RoleFiles& files, std::string_view role);

/// Reads the roles of tokens that `files` name, where `special` has none yet, and finds the ends.
void read_roles(const RoleFiles& files, Vocabulary& vocabulary, SpecialTokens& special);

}  // namespace ondol::text
