#include "text/gguf/write_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "base/mapped_file.hpp"
#include "ondol/error.hpp"
#include "text/folder_config.hpp"
#include "text/gguf/key_draft.hpp"
#include "text/gguf/probe.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/tokenizer.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol::text {
namespace {

/// Cuts or fills the vocabulary up to the rows of the embedding. Each token gets a text that no other has.
void fit(std::size_t rows, KeyDraft& draft) {
  if (rows == 0) rows = draft.tokens.size();
  draft.tokens.resize(rows);
  draft.types.resize(rows, TokenType::unused);
  if (!draft.scores.empty()) draft.scores.resize(rows, *std::ranges::min_element(draft.scores));
  std::unordered_set<std::string> taken(draft.tokens.begin(), draft.tokens.end());
  std::unordered_set<std::string> seen{""};
  for (std::size_t i = 0; i < rows; ++i) {
    std::string& token = draft.tokens[i];
    if (seen.insert(token).second) continue;
    token = fmt::format("[PAD{}]", i);
    while (!taken.insert(token).second) token += ']';
    draft.types[i] = TokenType::unused;
  }
}

/// Spellings of end tokens that end no turn, but a text or a message.
constexpr std::string_view other_ends[] = {"<|endoftext|>", "<|end_of_text|>", "</s>",   "<eos>",
                                           "[EOS]",         "<|eom_id|>",      "<|eom|>"};

std::optional<Token> end_of_turn(const Tokenizer& tokenizer) {
  for (Token id = 0; std::size_t(id) < tokenizer.size(); ++id) {
    if (!tokenizer.is_end(id) || tokenizer.eos() == id) continue;
    if (std::ranges::find(other_ends, tokenizer.token_text(id)) == std::end(other_ends)) return id;
  }
  return std::nullopt;
}

std::vector<Token> encode(const Tokenizer& tokenizer, std::string_view text, bool add_special) {
  return tokenizer.encode(text, {.add_special = add_special, .fit_length = false});
}

void add_roles(const std::string& folder, const Tokenizer& tokenizer, std::size_t rows, KeyList& keys) {
  const RoleFiles files = RoleFiles::beside((std::filesystem::path(folder) / "tokenizer.json").string());
  const auto role = [&](const char* name, const char* spelling) {
    const std::string named = role_text(files, name);
    return tokenizer.find(named.empty() ? spelling : named);
  };
  const bool bert = WrittenKeys("", keys).text(gguf_model_key) == "bert";
  const std::pair<const char*, std::optional<Token>> roles[] = {
      {"bos", tokenizer.bos()},
      {"eos", tokenizer.eos()},
      {"unknown", tokenizer.unknown()},
      {"seperator", role("sep_token", "[SEP]")},  // GGUF's spelling
      {"padding", tokenizer.padding() ? tokenizer.padding() : role("pad_token", "[PAD]")},
      {"mask", role("mask_token", "[MASK]")},
      {"eot", end_of_turn(tokenizer)},
  };
  for (const auto& [name, id] : roles) {
    if (id && std::size_t(*id) < rows)
      keys.emplace_back(fmt::format("tokenizer.ggml.{}_token_id", name), std::uint32_t(*id));
  }
  // A layout of more than a token at each end has no words: such tokens are left to the chat template.
  std::vector<Token> expected = encode(tokenizer, "a", false);
  if (tokenizer.adds_bos()) expected.insert(expected.begin(), *tokenizer.bos());
  if (tokenizer.adds_eos()) expected.push_back(*tokenizer.eos());
  const bool plain = encode(tokenizer, "a", true) == expected;
  keys.emplace_back("tokenizer.ggml.add_bos_token", plain && tokenizer.adds_bos());
  keys.emplace_back("tokenizer.ggml.add_eos_token", plain && tokenizer.adds_eos());
  if (bert) keys.emplace_back("tokenizer.ggml.add_sep_token", plain && tokenizer.adds_eos());
}

bool agree(const Tokenizer& a, const Tokenizer& b) {
  return std::ranges::all_of(probe_texts,
                             [&](std::string_view text) { return encode(a, text, false) == encode(b, text, false); });
}

bool say_it(const KeyList& keys, const Tokenizer& tokenizer) {
  try {
    return agree(tokenizer, make_tokenizer(WrittenKeys("", keys)));
  } catch (const Error&) {  // they do not even make a tokenizer
    return false;
  }
}

/// Keys of a tokenizer; none where there are no words for it.
KeyList keys_of(KeyDraft draft, const Tokenizer& tokenizer, const std::string& folder, std::size_t rows) {
  if (draft.settings.empty() && !draft.stands_alone) return {};
  fit(rows, draft);
  KeyList common = std::move(draft.keys);
  common.emplace_back("tokenizer.ggml.tokens", std::move(draft.tokens));
  std::vector<std::int32_t> types;
  for (const TokenType type : draft.types) types.push_back(std::int32_t(type));
  common.emplace_back("tokenizer.ggml.token_type", std::move(types));
  if (!draft.scores.empty()) common.emplace_back("tokenizer.ggml.scores", std::move(draft.scores));
  add_roles(folder, tokenizer, draft.types.size(), common);
  for (KeyList& settings : draft.settings) {
    KeyList keys = common;
    std::ranges::move(settings, std::back_inserter(keys));
    if (say_it(keys, tokenizer)) return keys;
  }
  return draft.stands_alone ? common : KeyList();
}

KeyList describe(const std::string& folder, std::size_t rows) {
  const PortableTokenizer files = portable_tokenizer(folder);
  if (files.json.empty() && files.sentence_piece.empty()) return {};
  const Tokenizer tokenizer = Tokenizer::load(folder);
  KeyDraft draft = files.json.empty() ? draft_of_sentence_piece(files.sentence_piece)
                                      : draft_of_json(Json::parse(files.json, folder), tokenizer);
  return keys_of(std::move(draft), tokenizer, folder, rows);
}

}  // namespace

void write_tokenizer_keys(const std::string& folder, const EmbeddingRows& rows, GgufWriter& writer) {
  KeyList keys;
  try {
    keys = describe(folder, rows.tokens);
  } catch (const Error&) {  // says so when it is loaded
  }
  if (keys.empty()) keys.emplace_back(gguf_model_key, "none");
  if (rows.types != 0) keys.emplace_back("tokenizer.ggml.token_type_count", std::uint32_t(rows.types));
  for (auto& [key, value] : keys) writer.add(std::move(key), std::move(value));
}

}  // namespace ondol::text
