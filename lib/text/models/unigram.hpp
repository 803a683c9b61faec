#pragma once

#include <span>
#include <vector>

#include "text/pipeline.hpp"
#include "text/trie.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// The most likely segmentation by a unigram language model (Kudo 2018), by Viterbi's algorithm. Runs of characters
/// that no token begins with become one unknown token, or their bytes' tokens. Time is linear in the text, times the
/// longest token.
class Unigram final : public TokenModel {
 public:
  /// @param scores   log-probabilities, one a token
  /// @param unknown  -1: there is none, and text that needs it is an error
  /// @param bytes    token of each byte, empty: no fallback on bytes
  Unigram(const Vocabulary& vocabulary, std::vector<double> scores, Token unknown, std::vector<Token> bytes);
  /// @throws Error unsupported: an unknown character without an unknown token.
  void encode(std::string_view piece, TokenList& out) const override;

 private:
  void put_unknown(std::string_view piece, std::size_t begin, std::size_t end, TokenList& out) const;

  std::vector<double> scores_;
  Trie trie_;
  Token unknown_;
  std::vector<Token> bytes_;
  double unknown_score_;
};

}  // namespace ondol::text
