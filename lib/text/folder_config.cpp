#include "text/folder_config.hpp"

#include <filesystem>

#include "base/mapped_file.hpp"

namespace ondol::text {
namespace {

/// "bos_token": "<s>", or {"content": "<s>", …}.
std::string token_text(const Json& config, std::string_view key) {
  const Json* value = config.find(key);
  if (value && value->is_object()) value = value->find("content");
  return value && value->as_string() ? *value->as_string() : std::string();
}

}  // namespace

std::string beside(const std::string& path, std::string_view name) {
  return (std::filesystem::path(path).parent_path() / name).string();
}

Json read_beside(const std::string& path, std::string_view name) {
  const std::string file = beside(path, name);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return Json::object();
  Json json = Json::parse(MappedFile::open(file)->text(), file);
  return json.is_object() ? json : Json::object();
}

std::optional<std::string> folder_chat_template(const std::string& folder) {
  const std::string path = (std::filesystem::path(folder) / "chat_template.jinja").string();
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) return std::string(MappedFile::open(path)->text());
  const Json config = read_beside(path, "tokenizer_config.json");
  const Json* found = config.find("chat_template");
  if (!found || found->is_null()) return std::nullopt;
  if (found->is_string()) return *found->as_string();
  std::optional<std::string> first;
  for (const Json& named : found->items()) {  // [{"name": "default", "template": "…"}, …]
    const Json* name = named.find("name");
    const Json* source = named.find("template");
    if (!source || !source->is_string()) continue;
    if (name && name->is_string() && *name->as_string() == "default") return *source->as_string();
    if (!first) first = *source->as_string();
  }
  return first;
}

RoleFiles RoleFiles::beside(const std::string& path) {
  return {read_beside(path, "tokenizer_config.json"), read_beside(path, "special_tokens_map.json"),
          read_beside(path, "generation_config.json")};
}

std::string role_text(const RoleFiles& files, std::string_view role) {
  std::string text = token_text(files.tokenizer_config, role);
  return text.empty() ? token_text(files.special_tokens_map, role) : text;
}

void read_roles(const RoleFiles& files, Vocabulary& vocabulary, SpecialTokens& special) {
  const Json configs[] = {files.tokenizer_config, files.special_tokens_map};
  const auto role = [&](std::optional<Token>& id, std::string_view key) {
    for (const Json& config : configs) {
      const std::string text = token_text(config, key);
      if (const Token found = id || text.empty() ? -1 : vocabulary.find(text); found >= 0) id = found;
    }
  };
  role(special.bos, "bos_token");
  role(special.eos, "eos_token");
  role(special.unknown, "unk_token");
  role(special.padding, "pad_token");
  if (const Json* ends = files.generation_config.find("eos_token_id")) {
    const auto put = [&](const Json& id) {
      const auto value = id.as_int64();
      if (value && vocabulary.contains(*value)) special.ends.push_back(Token(*value));
    };
    for (const Json& id : ends->items()) put(id);
    put(*ends);
  }
  if (special.eos) special.ends.push_back(*special.eos);
  find_ends(vocabulary, special);
}

}  // namespace ondol::text
