#include <fmt/format.h>

#include <array>
#include <unordered_map>

#include "base/base64.hpp"
#include "text/gguf/key_draft.hpp"
#include "text/gguf/pre_tokenizer_name.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/hugging_face/parts.hpp"

namespace ondol::text {
namespace {

constexpr std::string_view blank = "\xE2\x96\x81";  // U+2581

/// A part of the file; null if it is not there.
Json part(const Json& json, std::string_view key) {
  const Json* found = json.find(key);
  return found ? *found : Json();
}

bool is_on(const Json& json, std::string_view key, bool if_missing = false) {
  return part(json, key).as_bool().value_or(if_missing);
}

bool has_text(const Json& json, std::string_view key) {
  const Json text = part(json, key);
  return text.is_string() && !text.as_string()->empty();
}

/// "left right" of every merge.
std::vector<std::string> merges_of(const Json& model) {
  std::vector<std::string> merges;
  for (const Json& merge : part(model, "merges").items()) {
    const std::string* text = merge.as_string();
    if (text && merges.empty() && text->starts_with("#version")) continue;
    merges.push_back(text ? *text : fmt::format("{} {}", *merge.at(0).as_string(), *merge.at(1).as_string()));
  }
  return merges;
}

/// Scores by which SentencePiece merges in the order of the merges: minus the rank of the first that makes a token.
std::vector<float> scores_of(const std::vector<std::string>& merges, const Tokenizer& tokenizer) {
  std::vector<float> scores(tokenizer.size(), -float(merges.size()));
  for (std::size_t rank = merges.size(); rank-- > 0;) {
    std::string merged = merges[rank];
    const std::size_t between = merged.find(' ', 1);
    if (between == merged.npos) continue;
    merged.erase(between, 1);
    if (const auto id = tokenizer.find(merged)) scores[std::size_t(*id)] = -float(rank);
  }
  return scores;
}

/// Token types that vocabularies of SentencePiece tell apart. Added tokens with a blank are matched in normal forms
/// there, which GGUF has no words for: they stay what merges and scores make of them.
void set_sentence_piece_types(const Json& model, const Tokenizer& tokenizer, KeyDraft& draft) {
  const bool bytes = is_on(model, "byte_fallback");
  for (std::size_t i = 0; i < draft.types.size(); ++i) {
    const bool blanks = draft.tokens[i].find(blank) != std::string::npos;
    if (draft.types[i] == TokenType::user_defined && blanks) draft.types[i] = TokenType::normal;
    if (draft.types[i] == TokenType::normal && bytes && byte_of(draft.tokens[i])) draft.types[i] = TokenType::byte;
  }
  if (const auto unknown = tokenizer.unknown()) draft.types[std::size_t(*unknown)] = TokenType::unknown;
}

void describe_byte_level(const Json& root, PreTokenizers pre, KeyDraft& draft) {
  const Json& model = root.at("model");
  draft.keys = {{gguf_model_key, "gpt2"}, {"tokenizer.ggml.merges", merges_of(model)}};
  draft.stands_alone = true;
  Normalizers normalizers;
  add_normalizers(part(root, "normalizer"), normalizers);
  const std::string_view name = pre_tokenizer_name(normalizers, pre.steps, is_on(model, "ignore_merges"));
  if (!name.empty()) draft.settings = {{{gguf_pre_key, std::string(name)}}};
}

void describe_bpe(const Json& root, const Tokenizer& tokenizer, KeyDraft& draft) {
  const Json& model = root.at("model");
  if (has_text(model, "continuing_subword_prefix") || has_text(model, "end_of_word_suffix")) return;
  PreTokenizers pre;
  add_pre_tokenizers(part(root, "pre_tokenizer"), pre);
  if (pre.spells_last && pre.spell_bytes == 1) return describe_byte_level(root, std::move(pre), draft);
  set_sentence_piece_types(model, tokenizer, draft);
  if (byte_tokens(draft) != 256) return;
  const std::vector<std::string> merges = merges_of(model);
  draft.scores = scores_of(merges, tokenizer);
  for (const bool prefix : {true, false}) {
    draft.settings.push_back({{gguf_model_key, "llama"}, {"tokenizer.ggml.add_space_prefix", prefix}});
  }
  if (!tokenizer.adds_bos()) return;  // llama.cpp does whatever a file says
  draft.settings.push_back({{gguf_model_key, "gemma4"},
                            {gguf_pre_key, "gemma4"},
                            {"tokenizer.ggml.add_space_prefix", false},
                            {"tokenizer.ggml.merges", merges}});
}

/// The table of a Precompiled normalizer, also in a sequence; empty: there is none.
std::string character_map(const Json& normalizer) {
  if (const Json table = part(normalizer, "precompiled_charsmap"); table.is_string()) {
    return base64_decode(*table.as_string(), "precompiled_charsmap");
  }
  for (const Json& item : part(normalizer, "normalizers").items()) {
    if (std::string table = character_map(item); !table.empty()) return table;
  }
  return {};
}

void describe_unigram(const Json& root, const Tokenizer& tokenizer, KeyDraft& draft) {
  const Json& model = root.at("model");
  set_sentence_piece_types(model, tokenizer, draft);
  if (byte_tokens(draft) != 0) return;
  draft.scores.resize(draft.tokens.size());
  const auto& scored = part(model, "vocab").items();
  for (std::size_t i = 0; i < scored.size(); ++i) draft.scores[i] = float(scored[i].at(1).as_double().value_or(0));
  draft.keys = {{gguf_model_key, "t5"}};
  if (const std::string table = character_map(part(root, "normalizer")); !table.empty()) {
    draft.keys.emplace_back("tokenizer.ggml.precompiled_charsmap",
                            std::vector<std::uint8_t>(table.begin(), table.end()));
  }
  for (const bool collapses : {true, false}) {
    for (const bool prefix : {true, false}) {
      draft.settings.push_back(
          {{"tokenizer.ggml.add_space_prefix", prefix}, {"tokenizer.ggml.remove_extra_whitespaces", collapses}});
    }
  }
}

/// "▁" in front of tokens that begin a word, instead of "##" in front of the others.
void describe_word_piece(const Json& root, const Tokenizer& /*tokenizer*/, KeyDraft& draft) {
  for (std::size_t i = 0; i < draft.tokens.size(); ++i) {
    std::string& token = draft.tokens[i];
    if (draft.types[i] != TokenType::normal) continue;
    token = token.starts_with("##") ? token.substr(2) : fmt::format("{}{}", blank, token);
  }
  const Json normalizer = part(root, "normalizer");
  const bool lowercase = is_on(normalizer, "lowercase", true);
  draft.keys = {{gguf_model_key, "bert"}};
  draft.settings = {{{"tokenizer.ggml.normalizer.lowercase", lowercase},
                     {"tokenizer.ggml.normalizer.strip_accents", is_on(normalizer, "strip_accents", lowercase)}}};
}

struct Kind {
  std::string_view type;
  std::string_view telling;  ///< key by which files without a type are told
  void (*describe)(const Json& root, const Tokenizer& tokenizer, KeyDraft& draft);
};
constexpr auto kinds = std::to_array<Kind>({
    {"BPE", "merges", describe_bpe},
    {"WordPiece", "continuing_subword_prefix", describe_word_piece},
    {"Unigram", "unk_id", describe_unigram},
});

KeyDraft vocabulary_of(const Json& root, const Tokenizer& tokenizer) {
  KeyDraft draft;
  for (Token id = 0; std::size_t(id) < tokenizer.size(); ++id) {
    draft.tokens.emplace_back(tokenizer.token_text(id));
    draft.types.push_back(draft.tokens.back().empty() ? TokenType::unused
                          : tokenizer.is_special(id)  ? TokenType::control
                                                      : TokenType::normal);
  }
  for (const Json& added : part(root, "added_tokens").items()) {
    const auto id = has_text(added, "content") ? tokenizer.find(*added.at("content").as_string()) : std::nullopt;
    if (id && draft.types[std::size_t(*id)] == TokenType::normal) {
      draft.types[std::size_t(*id)] = TokenType::user_defined;
    }
  }
  return draft;
}

}  // namespace

KeyDraft draft_of_json(const Json& root, const Tokenizer& tokenizer) {
  KeyDraft draft = vocabulary_of(root, tokenizer);
  const Json& model = root.at("model");
  for (const Kind& kind : kinds) {
    const Json type = part(model, "type");
    if (type.is_string() ? *type.as_string() != kind.type : !model.find(kind.telling)) continue;
    kind.describe(root, tokenizer, draft);
    break;
  }
  return draft;
}

}  // namespace ondol::text
