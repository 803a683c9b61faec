#include "text/tokenizer.hpp"

#include <fmt/format.h>

#include <array>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol {
namespace {

struct ModelKind {
  std::string_view name;
  Tokenizer (*make)(const text::VocabularyFile&);
  bool has_pre_tokenizer;
};

constexpr std::array model_kinds = std::to_array<ModelKind>({
    {"gpt2", text::make_byte_level, true},
    {"llama", text::make_sentence_piece, false},
    {"gemma4", text::make_characters, false},
    {"bert", text::make_word_piece, false},
    {"t5", text::make_unigram, false},
    {"rwkv", text::make_rwkv, false},
    {"plamo2", text::make_plamo2, false},
});

}  // namespace

namespace {

/// A file of a model's folder that went along.
Json attached(const WeightSource& source, std::string_view key) {
  const auto text = source.text(key);
  if (!text) return Json::object();
  Json json = Json::parse(*text, fmt::format("{}: {}", source.path(), key));
  return json.is_object() ? json : Json::object();
}

}  // namespace

Tokenizer make_tokenizer(const WeightSource& source, const TokenizerOptions& options) {
  const auto roles = [&]() -> text::RoleFiles {
    return {attached(source, "ondol.tokenizer_config"), attached(source, "ondol.special_tokens_map"),
            attached(source, "ondol.generation_config")};
  };
  if (const auto json = source.text("tokenizer.huggingface.json")) {
    return text::read_tokenizer_json(*json, source.path(), roles());
  }
  if (const auto bytes = source.integers(text::gguf_sentence_piece_key)) {
    return text::read_sentence_piece(std::string(bytes->begin(), bytes->end()), source.path(), roles());
  }
  const auto model = source.text(text::gguf_model_key);
  if (!model || *model == "none" || *model == "no_vocab") {
    fail(Status::no_vocabulary, fmt::format("{}: the file has no vocabulary ({} is missing or \"none\")", source.path(),
                                            text::gguf_model_key));
  }
  for (const ModelKind& kind : model_kinds) {
    if (kind.name != *model) continue;
    if (!options.pre_tokenizer.empty() && !kind.has_pre_tokenizer) {
      fail(Status::invalid_argument, fmt::format("{}: a vocabulary of model '{}' has no pre-tokenizer that the option "
                                                 "pre_tokenizer ('{}') could replace",
                                                 source.path(), *model, options.pre_tokenizer));
    }
    auto tokens = source.texts("tokenizer.ggml.tokens");
    if (!tokens || tokens->empty()) {
      fail(Status::no_vocabulary, fmt::format("{}: tokenizer.ggml.tokens is missing or empty", source.path()));
    }
    try {
      return kind.make({source, std::move(*tokens), options});
    } catch (const Error& e) {  // the parts do not know the file
      if (e.code() != Status::bad_file || std::string_view(e.what()).starts_with(source.path())) throw;
      fail(e.code(), fmt::format("{}: {}", source.path(), e.what()));
    }
  }
  fail(Status::unsupported, fmt::format("{}: {} is '{}'; known are gpt2, llama, gemma4, bert, t5, rwkv and plamo2",
                                        source.path(), text::gguf_model_key, *model));
}

}  // namespace ondol
