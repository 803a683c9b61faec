#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ondol/tokenizer.hpp"
#include "text/special_tokens.hpp"
#include "text/split/pre_tokenizers.hpp"

namespace ondol::text {

/// Byte-pair tokens by rank: of two neighbours those merge whose bytes together are the token of the lowest id.
struct RankData {
  std::vector<std::string> tokens;                     ///< bytes by id; empty: there is none
  std::vector<std::pair<std::string, Token>> control;  ///< control tokens, ids free in `tokens`
  std::vector<SplitStep> steps;                        ///< how text is cut into pieces
  SpecialTokens special;
};

/// @throws Error bad_file: an id twice, no tokens; unsupported: a pattern.
[[nodiscard]] Tokenizer make_rank_tokenizer(RankData data, const std::string& path);

}  // namespace ondol::text
