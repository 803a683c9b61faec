#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "ondol/tokenizer.hpp"
#include "text/pipeline.hpp"
#include "text/post_processor.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// The tokens of one text before post-processing, or of a window of it.
struct Draft {
  /// Spaces that a token begins and ends with.
  struct Spaces {
    std::uint32_t leading = 0, trailing = 0;
  };
  std::vector<Token> ids;
  std::vector<TextRange> offsets;
  std::vector<Spaces> spaces;  ///< empty: offsets are not trimmed
  std::vector<Draft> windows;  ///< that follow this one
};
[[nodiscard]] Draft draft_of(TokenList tokens, const Vocabulary& vocabulary, const PostProcessor& post);

/// Character offsets of the bytes of a text; a byte that is not UTF-8 counts as a character.
void to_characters(std::string_view text, std::vector<Origin>& spans);

/// Ids alone, where nothing is cut or filled up.
[[nodiscard]] std::vector<Token> lay_out_ids(const PostProcessor& post, std::vector<Token> first,
                                             const std::vector<Token>* second, bool add_special);

/// Cuts, lays out and trims as the post-processor says; padding to a batch's length is pad()'s.
/// @throws Error unsupported: what is to be cut is not there or too short.
[[nodiscard]] Encoding lay_out(const PostProcessor& post, Draft first, std::optional<Draft> second,
                               const EncodeOptions& options);

/// Fills encodings up to the common length.
void pad(const Padding& padding, std::span<Encoding> encodings);

}  // namespace ondol::text
