#include "text/decode/byte_level.hpp"

#include <fmt/format.h>

#include "base/fail.hpp"
#include "text/decode/sentence_piece.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/models/bpe.hpp"
#include "text/models/byte_level_bpe.hpp"
#include "text/normalize/normalizers.hpp"
#include "text/split/pre_tokenizers.hpp"

namespace ondol::text {

Tokenizer make_characters(const VocabularyFile& file) {
  Vocabulary vocabulary(file.tokens, file.types(true));
  return finish(file, std::move(vocabulary), {}, [&](const Vocabulary& v, const SpecialTokens& special) {
    Pipeline p;
    const bool prefix = add_space_normalizers(file.source, false, p);
    const Strings rules = file.merges();
    const auto merges = split_rules(rules);
    p.model = std::make_unique<Bpe>(
        v, Merges(v, merges), pairs_of(merges),
        BpeOptions{.unknown = special.unknown.value_or(-1), .fuse_unknown = true, .bytes = v.byte_tokens()});
    p.decoder = std::make_unique<SentencePieceDecoder>(
        v, prefix ? SentencePieceDecoder::FirstSpace::goes : SentencePieceDecoder::FirstSpace::stays);
    return p;
  });
}

Tokenizer make_byte_level(const VocabularyFile& file) {
  const std::string& path = file.source.path();
  const std::string_view name =
      file.options.pre_tokenizer.empty() ? file.source.text(gguf_pre_key).value_or("") : file.options.pre_tokenizer;
  const PreTokenizerKind* kind = find_pre_tokenizer(name);
  if (kind == nullptr) {
    constexpr const char* hint =
        "the option pre_tokenizer names one to use instead (\"gpt-2\", \"llama-bpe\", \"qwen2\" …)";
    fail(Status::unsupported,
         name.empty() ? fmt::format("{}: no {}, so how text is split is not known; {}", path, gguf_pre_key, hint)
                      : fmt::format("{}: pre-tokenizer '{}' is not known; {}", path, name, hint));
  }
  if (kind->characters) return make_characters(file);
  Vocabulary vocabulary(file.tokens, file.types(false));
  return finish(file, std::move(vocabulary), {.adds_bos = kind->adds_bos},
                [&](const Vocabulary& v, const SpecialTokens&) {
                  Pipeline p;
                  if (kind->nfc) p.normalizers.push_back(std::make_unique<UnicodeForm>(UnicodeForm::nfc));
                  p.pre_tokenizers = make_pre_tokenizers(kind->steps);
                  const Strings rules = file.merges();
                  p.model = std::make_unique<ByteLevelBpe>(v, Merges(v, split_rules(rules)), kind->ignore_merges);
                  p.decoder = std::make_unique<ByteLevelDecoder>(v);
                  return p;
                });
}

}  // namespace ondol::text
