#include <fmt/format.h>

#include <cstring>

#include "base/utf8.hpp"
#include "text/gguf/key_draft.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/models/sentence_piece_proto.hpp"

namespace ondol::text {
namespace {

constexpr std::string_view blank = "\xE2\x96\x81";  // U+2581

std::string with_spaces(std::string_view token) {
  std::string out;
  while (!token.empty()) {
    const bool is_blank = token.starts_with(blank);
    out += is_blank ? ' ' : token.front();
    token.remove_prefix(is_blank ? blank.size() : 1);
  }
  return out;
}

void add_piece(std::string_view message, KeyDraft& draft) {
  std::string_view text;
  float score = 0;
  auto type = TokenType::normal;
  ProtoReader piece(message);
  while (const auto field = piece.next()) {
    if (field->number == 1) text = field->text;
    if (field->number == 2 && field->text.size() == sizeof score) std::memcpy(&score, field->text.data(), sizeof score);
    if (field->number == 3 && field->value >= 1 && field->value <= 6) type = TokenType(field->value);
  }
  draft.tokens.emplace_back(text);
  draft.scores.push_back(score);
  draft.types.push_back(type);
}

/// User-defined tokens are matched in normal forms there, in texts as they are here, which begins a text of its own.
void set_user_defined(bool collapses, KeyDraft& draft) {
  for (std::size_t i = 0; i < draft.tokens.size(); ++i) {
    std::string& token = draft.tokens[i];
    if (draft.types[i] != TokenType::user_defined) continue;
    if (utf8_length(token) == token.size()) {
      draft.types[i] = TokenType::normal;  // no other token has this character
    } else if (collapses && token.find(fmt::format("{0}{0}", blank)) != token.npos) {
      draft.types[i] = TokenType::unused;  // does not happen
    } else {
      token = with_spaces(token);
    }
  }
}

}  // namespace

KeyDraft draft_of_sentence_piece(std::string_view model) {
  enum Kind : std::uint64_t { unigram = 1, bpe = 2, word = 3, character = 4 };  // ModelType of the trainer's settings
  KeyDraft draft;
  std::uint64_t kind = unigram;
  bool suffix = false, prefix = true, collapses = true;
  std::string_view rules;
  ProtoReader fields(model);
  while (const auto field = fields.next()) {
    if (field->number == 1) add_piece(field->text, draft);
    ProtoReader spec(field->number == 2 || field->number == 3 ? field->text : std::string_view());
    while (const auto setting = spec.next()) {
      if (field->number == 2 && setting->number == 3) kind = setting->value;
      if (field->number == 2 && setting->number == 24) suffix = setting->value != 0;
      if (field->number == 3 && setting->number == 2) rules = setting->text;
      if (field->number == 3 && setting->number == 3) prefix = setting->value != 0;
      if (field->number == 3 && setting->number == 4) collapses = setting->value != 0;
    }
  }
  set_user_defined(collapses, draft);
  if (kind == word || suffix) return draft;  // nothing that reads GGUF knows these
  if (byte_tokens(draft) != (kind == unigram ? 0 : 256)) return draft;
  // Characters are what byte-pair merging leaves where no two of them are a token.
  draft.keys = {{gguf_model_key, kind == unigram ? "t5" : "llama"}};
  if (!rules.empty()) {
    draft.keys.emplace_back("tokenizer.ggml.precompiled_charsmap",
                            std::vector<std::uint8_t>(rules.begin(), rules.end()));
  }
  draft.settings = {
      {{"tokenizer.ggml.add_space_prefix", prefix}, {"tokenizer.ggml.remove_extra_whitespaces", collapses}}};
  return draft;
}

}  // namespace ondol::text
