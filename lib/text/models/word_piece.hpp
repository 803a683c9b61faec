#pragma once

#include <string>

#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

struct WordPieceOptions {
  std::string continuing_prefix{"##"};  ///< of tokens that do not begin a word
  std::size_t max_characters = 100;     ///< a longer word is unknown
  Token unknown = -1;                   ///< -1: there is none, and a word that needs it is an error
};

/// The longest token first (BERT); a word of which a part has no token is unknown as a whole. The vocabulary must
/// outlive it.
class WordPiece final : public TokenModel {
 public:
  WordPiece(const Vocabulary& vocabulary, WordPieceOptions options)
      : vocabulary_(vocabulary), options_(std::move(options)) {}
  /// @throws Error unsupported: an unknown word without an unknown token.
  void encode(std::string_view piece, TokenList& out) const override;

 private:
  const Vocabulary& vocabulary_;
  WordPieceOptions options_;
};

/// A piece is a token or unknown. The vocabulary must outlive it.
class WordLevel final : public TokenModel {
 public:
  /// @param unknown  -1: there is none
  WordLevel(const Vocabulary& vocabulary, Token unknown) : vocabulary_(vocabulary), unknown_(unknown) {}
  /// @throws Error unsupported: an unknown word without an unknown token.
  void encode(std::string_view piece, TokenList& out) const override;

 private:
  const Vocabulary& vocabulary_;
  Token unknown_;
};

}  // namespace ondol::text
