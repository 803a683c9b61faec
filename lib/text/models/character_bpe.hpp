#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "text/models/character_pairs.hpp"
#include "text/models/merges.hpp"
#include "text/models/whole_tokens.hpp"
#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// BPE that starts from characters (Gemma 4); one that the vocabulary lacks becomes its byte tokens, without those the
/// unknown token, once for a run. Any length in O(n log n). The vocabulary must outlive it.
class CharacterBpe final : public TokenModel {
 public:
  /// @param unknown  -1: characters without tokens are left out
  CharacterBpe(const Vocabulary& vocabulary, std::span<const std::string_view> merges, Token unknown);
  /// @param pairs  characters that some merge joins
  /// @param bytes  token of each byte, -1 where there is none
  CharacterBpe(const Vocabulary& vocabulary, Merges merges, CharacterPairs pairs, std::vector<Token> bytes,
               Token unknown)
      : vocabulary_(vocabulary),
        merges_(std::move(merges)),
        whole_tokens_(vocabulary.size()),
        bytes_(std::move(bytes)),
        unknown_(unknown),
        pairs_(std::move(pairs)) {}
  void encode(std::string_view piece, std::vector<Token>& out) const override;

 private:
  void encode_part(std::string_view text, std::span<Token> symbols, std::vector<Token>& out) const;

  const Vocabulary& vocabulary_;
  Merges merges_;
  WholeTokens whole_tokens_;
  std::vector<Token> bytes_;
  Token unknown_;
  CharacterPairs pairs_;  // that some merge joins
};

}  // namespace ondol::text
