#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/models/character_pairs.hpp"
#include "text/models/merges.hpp"
#include "text/models/whole_tokens.hpp"
#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

struct BpeOptions {
  Token unknown = -1;          ///< -1: characters without tokens are left out
  bool fuse_unknown = false;   ///< one unknown token for a run of such characters
  std::vector<Token> bytes{};  ///< of 256; a character without a token becomes those of its bytes; empty: it does not
  std::string prefix{};        ///< of every character's token but the first one's ("##")
  std::string suffix{};        ///< of the last character's token ("</w>")
  bool ignore_merges = false;  ///< a piece that is a token is that token
};

/// BPE that starts from characters (Llama 2, Gemma, CLIP). Any length in O(n log n). The vocabulary must outlive it.
class Bpe final : public TokenModel {
 public:
  /// @param pairs  characters that some merge joins: a text is worked on between others. Empty: it is one piece of work
  Bpe(const Vocabulary& vocabulary, Merges merges, CharacterPairs pairs, BpeOptions options)
      : vocabulary_(vocabulary),
        merges_(std::move(merges)),
        pairs_(std::move(pairs)),
        options_(std::move(options)),
        whole_tokens_(vocabulary.size()) {}
  void encode(std::string_view piece, TokenList& out) const override;

 private:
  struct Word;
  [[nodiscard]] Token token_of(std::string_view character, bool first, bool last, std::string& spelled) const;
  [[nodiscard]] bool put_bytes(std::string_view spelled, Word& word) const;
  void put_unknown(std::size_t size, Word& word) const;
  void finish(Word& word, std::string_view text, TokenList& out) const;

  const Vocabulary& vocabulary_;
  Merges merges_;
  CharacterPairs pairs_;
  BpeOptions options_;
  WholeTokens whole_tokens_;
};

/// The pairs of neighbouring characters that a vocabulary's merges join.
[[nodiscard]] CharacterPairs pairs_of(std::span<const Merges::Text> rules);

}  // namespace ondol::text
