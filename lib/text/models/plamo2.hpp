#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "text/pipeline.hpp"
#include "text/trie.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// PLaMo 2's segmentation: the highest sum of scores, of equal ones that with the longest token where they differ
/// first. A character without a token is its bytes. Time is linear in the text, times the longest token.
class Plamo2 final : public TokenModel {
 public:
  /// @param scores  one a token
  /// @throws Error bad_file: a byte without a token.
  Plamo2(const Vocabulary& vocabulary, std::span<const double> scores);
  void encode(std::string_view piece, TokenList& out) const override;

 private:
  std::vector<std::int64_t> scores_;  // in 1/10,000
  Trie tokens_;
  std::vector<Token> bytes_;
};

}  // namespace ondol::text
