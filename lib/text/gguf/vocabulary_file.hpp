#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "files/weight_source.hpp"
#include "text/pipeline.hpp"
#include "text/special_tokens.hpp"
#include "text/tokenizer.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

using Strings = std::vector<std::string_view>;

inline constexpr const char* gguf_model_key = "tokenizer.ggml.model";
inline constexpr const char* gguf_pre_key = "tokenizer.ggml.pre";
/// A SentencePiece model that went along as it is: an array of its bytes.
inline constexpr const char* gguf_sentence_piece_key = "ondol.sentencepiece_model";

/// The vocabulary of a GGUF file in the making.
struct VocabularyFile {
  const WeightSource& source;
  Strings tokens;
  const TokenizerOptions& options;

  /// Types of the tokens. Old SentencePiece files have none: they go by the tokens' spelling.
  /// @throws Error bad_file: not one for each token, or a value that is none.
  [[nodiscard]] std::vector<TokenType> types(bool by_spelling) const;
  /// @throws Error bad_file: none, or not one for each token.
  [[nodiscard]] std::vector<double> scores() const;
  /// @throws Error bad_file: none.
  [[nodiscard]] Strings merges() const;
};

/// A tokenizer of the file's vocabulary, its roles and added tokens, and the pipeline that `make` gives.
[[nodiscard]] Tokenizer finish(const VocabularyFile& file, Vocabulary vocabulary, const SpecialDefaults& defaults,
                               const std::function<Pipeline(const Vocabulary&, const SpecialTokens&)>& make);

// What makes tokenizers of each kind, one file of source each; `tokenizer.cpp` has the table.
[[nodiscard]] Tokenizer make_byte_level(const VocabularyFile& file);
[[nodiscard]] Tokenizer make_characters(const VocabularyFile& file);
[[nodiscard]] Tokenizer make_sentence_piece(const VocabularyFile& file);
[[nodiscard]] Tokenizer make_unigram(const VocabularyFile& file);
[[nodiscard]] Tokenizer make_word_piece(const VocabularyFile& file);
[[nodiscard]] Tokenizer make_rwkv(const VocabularyFile& file);
[[nodiscard]] Tokenizer make_plamo2(const VocabularyFile& file);

/// SentencePiece's way with spaces. Says whether decoding drops the first one.
bool add_space_normalizers(const WeightSource& source, bool prefix_by_default, Pipeline& pipeline);

}  // namespace ondol::text
