#pragma once

#include <string_view>

#include "text/pipeline.hpp"
#include "text/trie.hpp"

namespace ondol::text {

/// The longest token that the rest of the text begins with, again and again (RWKV). A byte with which none begins is
/// the unknown token, or left out.
class Greedy final : public TokenModel {
 public:
  /// @param unknown  -1: there is none
  Greedy(Trie tokens, Token unknown) : tokens_(std::move(tokens)), unknown_(unknown) {}
  void encode(std::string_view piece, TokenList& out) const override {
    for (std::size_t at = 0; at < piece.size();) {
      Token longest = unknown_;
      std::size_t size = 0;
      tokens_.prefixes(piece.substr(at), [&](std::size_t length, Token token) { longest = token, size = length; });
      const std::size_t end = at + (size == 0 ? 1 : size);
      if (longest >= 0) out.put(longest, at, end);
      at = end;
    }
  }

 private:
  Trie tokens_;
  Token unknown_;
};

}  // namespace ondol::text
