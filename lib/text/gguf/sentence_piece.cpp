#include "text/decode/sentence_piece.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/models/sentence_piece.hpp"
#include "text/models/sentence_piece_library.hpp"
#include "text/models/sentence_piece_proto.hpp"

namespace ondol::text {
namespace {

using FirstSpace = SentencePieceDecoder::FirstSpace;

/// A vocabulary with a table of character rules, or a unigram model: run whole by the library.
Tokenizer make_library(const VocabularyFile& file, SentencePieceProto::Kind kind) {
  const std::vector<double> scores = file.scores();
  std::string rules;
  for (const std::int64_t byte :
       file.source.integers("tokenizer.ggml.precompiled_charsmap").value_or(std::vector<std::int64_t>())) {
    rules += char(byte);
  }
  const SentencePieceProto::Settings settings{
      .kind = kind,
      .blank_is_suffix = file.source.flag("tokenizer.ggml.treat_whitespace_as_suffix").value_or(false),
      .adds_prefix = file.source.flag("tokenizer.ggml.add_space_prefix").value_or(true),
      .collapses_spaces = file.source.flag("tokenizer.ggml.remove_extra_whitespaces").value_or(false),
      .character_map = rules};
  Vocabulary vocabulary(file.tokens, file.types(true));
  const SpecialDefaults defaults{.adds_bos = kind == SentencePieceProto::Kind::bpe,
                                 .adds_eos = kind == SentencePieceProto::Kind::unigram,
                                 .spm_ids = true};
  return finish(file, std::move(vocabulary), defaults, [&](const Vocabulary& v, const SpecialTokens& special) {
    SentencePieceProto model;
    const std::vector<Token> bytes = v.byte_tokens();
    SentencePieceProto::Settings with_bytes = settings;
    with_bytes.byte_fallback = std::all_of(bytes.begin(), bytes.end(), [](Token id) { return id >= 0; });
    for (std::size_t i = 0; i < v.size(); ++i) {
      const Token id = Token(i);
      const TokenType type = v.type(id);
      const bool unique = !v.text(id).empty() && v.find(v.text(id)) == id && utf8_valid(v.text(id));
      if (id == special.unknown.value_or(-1))
        unique ? model.add(v.text(id), 0, TokenType::unknown) : model.add_placeholder(v, i, TokenType::unknown);
      else if (unique && (type == TokenType::normal || type == TokenType::unused ||
                          (type == TokenType::byte && with_bytes.byte_fallback)))
        model.add(v.text(id), float(scores[i]), type);
      else
        model.add_placeholder(v, i, TokenType::control);
    }
    if (!special.unknown) model.add_placeholder(v, v.size(), TokenType::unknown);
    Pipeline p;
    p.model = std::make_unique<SentencePieceLibrary>(model.finish(with_bytes));
    const FirstSpace first = settings.collapses_spaces ? FirstSpace::all_go
                             : settings.adds_prefix    ? FirstSpace::goes
                                                       : FirstSpace::stays;
    p.decoder = std::make_unique<SentencePieceDecoder>(v, first);
    return p;
  });
}

}  // namespace

Tokenizer make_unigram(const VocabularyFile& file) { return make_library(file, SentencePieceProto::Kind::unigram); }

Tokenizer make_sentence_piece(const VocabularyFile& file) {
  if (file.source.has("tokenizer.ggml.precompiled_charsmap")) {
    return make_library(file, SentencePieceProto::Kind::bpe);
  }
  const std::vector<double> scores = file.scores();
  Vocabulary vocabulary(file.tokens, file.types(true));
  return finish(file, std::move(vocabulary), {.adds_bos = true, .spm_ids = true},
                [&](const Vocabulary& v, const SpecialTokens& special) {
                  Pipeline p;
                  const bool prefix = add_space_normalizers(file.source, true, p);
                  p.model = std::make_unique<SentencePieceModel>(v, scores, special.unknown.value_or(-1));
                  p.decoder = std::make_unique<SentencePieceDecoder>(v, prefix ? FirstSpace::goes : FirstSpace::stays);
                  return p;
                });
}

}  // namespace ondol::text
