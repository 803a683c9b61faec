#include "text/models/word_piece.hpp"

#include <fmt/format.h>

#include "text/characters.hpp"
#include "text/decode/steps.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/normalize/normalizers.hpp"
#include "text/split/cut.hpp"

namespace ondol::text {
namespace {

constexpr std::string_view blank = "\xE2\x96\x81";  // U+2581

}  // namespace

/// BERT. GGUF has "▁" in front of tokens that begin a word, for "##" in front of the others, which is restored. The
/// normal form is that of the uncased models unless a file says otherwise.
Tokenizer make_word_piece(const VocabularyFile& file) {
  std::vector<TokenType> types = file.types(false);
  std::vector<std::string> spellings;
  for (std::size_t i = 0; i < file.tokens.size(); ++i) {
    const std::string_view token = file.tokens[i];
    const bool begins = token.starts_with(blank);
    spellings.push_back(begins                          ? std::string(token.substr(blank.size()))
                        : types[i] == TokenType::normal ? fmt::format("##{}", token)
                                                        : std::string(token));
  }
  const bool lowercase = file.source.flag("tokenizer.ggml.normalizer.lowercase").value_or(true);
  const bool strips = file.source.flag("tokenizer.ggml.normalizer.strip_accents").value_or(lowercase);
  Vocabulary vocabulary(Strings(spellings.begin(), spellings.end()), std::move(types));
  return finish(file, std::move(vocabulary), {.adds_bos = true, .adds_eos = true, .bert_ids = true},
                [&](const Vocabulary& v, const SpecialTokens& special) {
                  Pipeline p;
                  p.normalizers.push_back(std::make_unique<DropCharacters>(is_unclean));
                  p.normalizers.push_back(std::make_unique<BertSpaces>());
                  p.normalizers.push_back(std::make_unique<SpacesAroundIdeographs>());
                  if (strips) {
                    p.normalizers.push_back(std::make_unique<UnicodeForm>(UnicodeForm::nfd));
                    p.normalizers.push_back(std::make_unique<DropCharacters>(is_nonspacing_mark));
                  }
                  if (lowercase) p.normalizers.push_back(std::make_unique<Lowercase>());
                  p.pre_tokenizers.push_back(std::make_unique<SplitAtCharacters>(is_white_space, Behaviour::removed));
                  p.pre_tokenizers.push_back(std::make_unique<SplitAtCharacters>(is_punctuation, Behaviour::isolated));
                  p.model = std::make_unique<WordPiece>(v, WordPieceOptions{.unknown = special.unknown.value_or(-1)});
                  std::vector<DecodeStepKind> steps{word_piece_step("##", true)};
                  p.decoder = std::make_unique<DecoderChain>(v, std::move(steps), false);
                  return p;
                });
}

}  // namespace ondol::text
