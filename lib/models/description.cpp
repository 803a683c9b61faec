#include "models/description.hpp"

#include <fmt/format.h>

#include "text/folder_config.hpp"

namespace ondol {
namespace {

std::optional<Token> token_of(const Json* value) {
  const auto id = value ? value->as_uint64() : std::nullopt;
  return id && *id < 1u << 30 ? std::optional(static_cast<Token>(*id)) : std::nullopt;
}

/// Tokens of a number or a list of numbers.
std::vector<Token> tokens_of(const Json* value) {
  std::vector<Token> out;
  if (const auto one = token_of(value)) out.push_back(*one);
  for (std::size_t i = 0; value && i < value->items().size(); ++i) {
    const Json& item = value->items()[i];
    if (const auto id = token_of(item.size() == 1 ? &item.at(std::size_t{0}) : &item)) out.push_back(*id);
  }
  return out;
}

Json generation_config(const WeightSource& source) {
  if (source.config()) return text::read_beside(source.path() + "/config.json", "generation_config.json");
  const auto text = source.text("ondol.generation_config");
  return text ? Json::parse(*text, source.path()) : Json();
}

}  // namespace

Config description_of(const WeightSource& source, const Config& config) {
  const auto text = source.text("ondol.config");
  if (!text || !config.is_gguf()) return config;
  Json json = Json::parse(*text, source.path());
  return json.is_object() ? Config(std::move(json), config) : config;
}

GenerationDefaults defaults_of(const WeightSource& source, const Config& config) {
  const Json own = generation_config(source);
  const auto find = [&](std::string_view key) {
    const Json* value = own.find(key);
    return value && !value->is_null() ? value : config.find(key);
  };
  GenerationDefaults defaults;
  defaults.decoder_start = token_of(find("decoder_start_token_id"));
  if (!defaults.decoder_start) defaults.decoder_start = token_of(find("bos_token_id"));
  defaults.forced_bos = token_of(find("forced_bos_token_id"));
  defaults.forced_eos = token_of(find("forced_eos_token_id"));
  defaults.banned = tokens_of(find("bad_words_ids"));
  defaults.ends = tokens_of(find("eos_token_id"));
  return defaults;
}

std::vector<std::string> labels_of(const Config& config, std::size_t count) {
  std::vector<std::string> labels;
  const Json* names = config.find("id2label");
  for (std::size_t i = 0; i < count; ++i) {
    const Json* name = names ? names->find(std::to_string(i)) : nullptr;
    labels.push_back(name && name->is_string() ? *name->as_string() : fmt::format("LABEL_{}", i));
  }
  return labels;
}

}  // namespace ondol
