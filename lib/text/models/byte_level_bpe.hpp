#pragma once

#include <string_view>
#include <vector>

#include "text/models/merges.hpp"
#include "text/models/whole_tokens.hpp"
#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// Byte-level BPE (GPT-2): a piece starts as its bytes. A byte that the vocabulary lacks is left out.
/// Any length in O(n log n). The vocabulary must outlive it.
class ByteLevelBpe final : public TokenModel {
 public:
  /// @param ignore_merges  a piece that is a token is that token
  ByteLevelBpe(const Vocabulary& vocabulary, Merges merges, bool ignore_merges);
  void encode(std::string_view piece, TokenList& out) const override;
  /// Whether the vocabulary has a token for each byte.
  [[nodiscard]] bool has_all_bytes() const noexcept;

 private:
  [[nodiscard]] Token whole(std::string_view piece) const;

  const Vocabulary& vocabulary_;
  Merges merges_;
  WholeTokens whole_tokens_;
  Token bytes_[256];
  bool ignore_merges_;
};

}  // namespace ondol::text
