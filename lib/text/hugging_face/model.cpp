#include "text/hugging_face/model.hpp"

#include <fmt/format.h>

#include <array>

#include "base/fail.hpp"
#include "text/hugging_face/config.hpp"
#include "text/models/bpe.hpp"
#include "text/models/byte_level_bpe.hpp"
#include "text/models/unigram.hpp"
#include "text/models/word_piece.hpp"

namespace ondol::text {
namespace {

std::vector<Token> byte_fallback(const Vocabulary& vocabulary) {
  std::vector<Token> bytes(256);
  for (int b = 0; b < 256; ++b) bytes[std::size_t(b)] = vocabulary.find(fmt::format("<0x{:02X}>", b));
  return bytes;
}

std::unique_ptr<TokenModel> bpe(const Config& config, const ModelData& data, const Vocabulary& vocabulary,
                                bool& spells_bytes) {
  BpeOptions options{.unknown = unknown_token(data, vocabulary),
                     .fuse_unknown = config.flag("fuse_unk", false),
                     .prefix = config.text("continuing_subword_prefix", ""),
                     .suffix = config.text("end_of_word_suffix", ""),
                     .ignore_merges = config.flag("ignore_merges", false)};
  if (config.flag("byte_fallback", false)) options.bytes = byte_fallback(vocabulary);
  const std::vector<Merges::Text>& rules = data.merges;
  Merges merges(vocabulary, rules, options.prefix.size());
  const bool plain = options.prefix.empty() && options.suffix.empty();
  if (spells_bytes && plain && options.bytes.empty()) {
    auto model = std::make_unique<ByteLevelBpe>(vocabulary, std::move(merges), options.ignore_merges);
    if (model->has_all_bytes()) {
      spells_bytes = false;
      return model;
    }
    merges = Merges(vocabulary, rules, options.prefix.size());
  }
  return std::make_unique<Bpe>(vocabulary, std::move(merges), plain ? pairs_of(rules) : CharacterPairs(),
                               std::move(options));
}

std::unique_ptr<TokenModel> unigram(const Config& config, const ModelData& data, const Vocabulary& vocabulary, bool&) {
  std::vector<Token> bytes;
  if (config.flag("byte_fallback", false)) bytes = byte_fallback(vocabulary);
  return std::make_unique<Unigram>(vocabulary, data.scores, unknown_token(data, vocabulary), std::move(bytes));
}

std::unique_ptr<TokenModel> word_piece(const Config& config, const ModelData& data, const Vocabulary& vocabulary,
                                       bool&) {
  return std::make_unique<WordPiece>(
      vocabulary, WordPieceOptions{.continuing_prefix = config.text("continuing_subword_prefix", "##"),
                                   .max_characters = config.count("max_input_chars_per_word", 100),
                                   .unknown = unknown_token(data, vocabulary)});
}

std::unique_ptr<TokenModel> word_level(const Config&, const ModelData& data, const Vocabulary& vocabulary, bool&) {
  return std::make_unique<WordLevel>(vocabulary, unknown_token(data, vocabulary));
}

struct Kind {
  std::string_view type;
  std::unique_ptr<TokenModel> (*make)(const Config&, const ModelData&, const Vocabulary&, bool&);
};
constexpr auto kinds = std::to_array<Kind>({
    {"BPE", bpe},
    {"Unigram", unigram},
    {"WordPiece", word_piece},
    {"WordLevel", word_level},
});

}  // namespace

Token unknown_token(const ModelData& data, const Vocabulary& vocabulary) {
  const Json settings = Json::parse(data.settings, "model");
  const Config config(settings, "model");
  if (data.type == "Unigram") {
    if (!config.find("unk_id")) return -1;
    const std::size_t id = config.count("unk_id");
    if (id >= data.scores.size()) {
      config.refuse_value("unk_id", std::to_string(id), fmt::format("less than {} tokens", data.scores.size()));
    }
    return Token(id);
  }
  const std::string_view if_missing = data.type == "WordPiece" ? "[UNK]" : data.type == "WordLevel" ? "<unk>" : "";
  const std::string text = config.text("unk_token", if_missing);
  return text.empty() ? -1 : vocabulary.find(text);
}

std::unique_ptr<TokenModel> make_model(const ModelData& data, const Vocabulary& vocabulary, bool& spells_bytes) {
  const Json settings = Json::parse(data.settings, "model");
  const Config config(settings, "model");
  for (const Kind& kind : kinds) {
    if (kind.type == data.type) return kind.make(config, data, vocabulary, spells_bytes);
  }
  fail(Status::unsupported, fmt::format("model {} is not known", data.type));
}

}  // namespace ondol::text
