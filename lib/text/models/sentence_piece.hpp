#pragma once

#include <memory>
#include <mutex>
#include <span>

#include "text/models/bpe.hpp"
#include "text/models/character_pairs.hpp"
#include "text/models/whole_tokens.hpp"
#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// BPE by scores as SentencePiece does it, run by its library on a model rebuilt from the vocabulary. Takes text whose
/// spaces are "▁" already. Characters that no token spells become their byte tokens where the vocabulary has all 256,
/// else the unknown token, once for a run. The vocabulary must outlive it.
class SentencePieceModel final : public TokenModel {
 public:
  /// @param scores   one a token
  /// @param unknown  -1: what has no token is left out
  /// @throws Error bad_file: a score that is not a number, fewer scores than tokens; internal: the library refuses.
  SentencePieceModel(const Vocabulary& vocabulary, std::span<const double> scores, Token unknown);
  ~SentencePieceModel() override;
  void encode(std::string_view piece, TokenList& out) const override;

 private:
  struct Library;
  [[nodiscard]] const Bpe* long_words() const;
  void run(std::string_view text, std::size_t begin, std::size_t start, TokenList& out) const;
  void put_bytes_of(std::string_view text, std::size_t begin, std::size_t start, TokenList& out) const;
  void put_unknown(std::size_t begin, std::size_t end, std::size_t start, TokenList& out) const;

  const Vocabulary& vocabulary_;
  std::unique_ptr<Library> library_;
  WholeTokens whole_tokens_;
  CharacterPairs pairs_;
  std::vector<float> scores_;
  std::vector<Token> bytes_;
  Token unknown_;
  bool some_bytes_ = false;  // but not all
  mutable std::once_flag long_words_once_;
  mutable std::unique_ptr<const Bpe> long_words_;
};

}  // namespace ondol::text
