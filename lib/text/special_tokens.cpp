#include "text/special_tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/fail.hpp"
#include "files/weight_source.hpp"

namespace ondol::text {
namespace {

/// Spellings that end a turn or a text in the families known (the set is llama.cpp's, for `tokenizer.ggml.eot_token_id`
/// and its kin are missing from most files).
constexpr auto end_texts = std::to_array<std::string_view>({
    "<|eot_id|>",
    "<|eom_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<turn|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|eot|>",
    "<|eom|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<end_of_utterance>",
    "<|end_of_sentence|>",
    "<\xEF\xBD\x9C"
    "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",
    "</s>",
    "<eos>",
    "<|EOT|>",
    "<|end_of_turn|>",
    "<|user_end|>",
    "<|endofturn|>",
    "[|endofturn|]",
    "<|flush|>",
});

std::optional<Token> read_id(const WeightSource& source, const Vocabulary& vocabulary, std::string_view key) {
  const auto value = source.integer(key);
  if (!value || *value == -1 || *value == 0xFFFFFFFF) return std::nullopt;
  if (!vocabulary.contains(*value)) {
    fail(Status::bad_file,
         fmt::format("{}: {} is {}, the vocabulary has {} tokens", source.path(), key, *value, vocabulary.size()));
  }
  return Token(*value);
}

}  // namespace

SpecialTokens read_special_tokens(const WeightSource& source, Vocabulary& vocabulary, const SpecialDefaults& defaults) {
  SpecialTokens s;
  const auto id = [&](const char* name) {
    return read_id(source, vocabulary, fmt::format("tokenizer.ggml.{}_token_id", name));
  };
  const auto by_spelling = [&](bool wanted, std::optional<Token>& role, const char* name, std::string_view text) {
    if (role || !wanted || source.has(fmt::format("tokenizer.ggml.{}_token_id", name))) return;
    if (const Token found = vocabulary.find(text); found >= 0) role = found;
  };
  s.bos = id("bos");
  s.eos = id("eos");
  s.unknown = id("unknown");
  s.padding = id("padding");
  by_spelling(defaults.spm_ids, s.bos, "bos", "<s>");
  by_spelling(defaults.spm_ids, s.eos, "eos", "</s>");
  by_spelling(defaults.spm_ids, s.unknown, "unknown", "<unk>");
  by_spelling(defaults.bert_ids, s.bos, "bos", "[CLS]");
  by_spelling(defaults.bert_ids, s.eos, "eos", "[SEP]");
  by_spelling(defaults.bert_ids, s.unknown, "unknown", "[UNK]");
  by_spelling(defaults.bert_ids, s.padding, "padding", "[PAD]");
  s.adds_bos = source.flag("tokenizer.ggml.add_bos_token").value_or(defaults.adds_bos);
  s.adds_eos = source.flag("tokenizer.ggml.add_eos_token").value_or(defaults.adds_eos);

  for (const auto& end : {s.eos, id("eot"), id("eom")}) {
    if (end) s.ends.push_back(*end);
  }
  find_ends(vocabulary, s);
  return s;
}

void find_ends(Vocabulary& vocabulary, SpecialTokens& s) {
  const auto promote = [&](Token token) {
    if (vocabulary.type(token) == TokenType::user_defined) vocabulary.set_type(token, TokenType::control);
  };
  if (s.bos) promote(*s.bos);
  for (const Token end : s.ends) promote(end);
  for (const std::string_view text : end_texts) {
    const Token token = vocabulary.find(text);
    if (token < 0) continue;
    promote(token);
    if (vocabulary.type(token) == TokenType::control) s.ends.push_back(token);
  }
  // Harmony (gpt-oss): "<|end|>" closes a message, not the reply, where "<|return|>" and "<|call|>" do that.
  const Token end = vocabulary.find("<|end|>");
  if (end >= 0 && vocabulary.find("<|return|>") >= 0 && vocabulary.find("<|call|>") >= 0 && s.eos != end) {
    std::erase(s.ends, end);
  }
  std::sort(s.ends.begin(), s.ends.end());
  s.ends.erase(std::unique(s.ends.begin(), s.ends.end()), s.ends.end());
}

PostProcessor around(const SpecialTokens& special) {
  PostProcessor post;
  const auto put = [](std::vector<LayoutPart>& layout, bool wanted, std::optional<Token> id, std::uint32_t type) {
    if (wanted && id) layout.push_back({.kind = LayoutPart::special, .type_id = type, .ids = {*id}});
  };
  post.single.clear();
  post.pair.clear();
  put(post.single, special.adds_bos, special.bos, 0);
  post.pair = post.single;
  post.single.push_back({.kind = LayoutPart::first});
  post.pair.push_back({.kind = LayoutPart::first});
  put(post.single, special.adds_eos, special.eos, 0);
  put(post.pair, special.adds_eos, special.eos, 0);
  post.pair.push_back({.kind = LayoutPart::second, .type_id = 1});
  put(post.pair, special.adds_eos, special.eos, 1);
  return post;
}

}  // namespace ondol::text
