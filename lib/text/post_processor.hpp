#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ondol/tokenizer.hpp"

namespace ondol::text {

/// A part of the layout of a finished encoding: special tokens, or one of the texts.
struct LayoutPart {
  enum Kind : std::uint8_t { special, first, second } kind = first;
  std::uint32_t type_id = 0;
  std::vector<Token> ids{};  ///< of special tokens
};

/// What a file says about the longest encoding.
struct Truncation {
  enum Strategy : std::uint8_t { longest_first, only_first, only_second } strategy = longest_first;
  std::size_t max_length = 512;
  std::size_t stride = 0;  ///< tokens that a window shares with the one before
  bool left = false;       ///< what is too much goes at the left
};

/// What a file says about filling encodings up.
struct Padding {
  std::optional<std::size_t> length{};  ///< nothing: of the longest of a batch
  std::size_t multiple_of = 0;          ///< 0: of any
  Token id = 0;
  std::uint32_t type_id = 0;
  bool left = false;
};

/// What becomes of the tokens of one text or two: special tokens around them, offsets without spaces, a common length.
struct PostProcessor {
  std::vector<LayoutPart> single{{.kind = LayoutPart::first}};
  std::vector<LayoutPart> pair{{.kind = LayoutPart::first}, {.kind = LayoutPart::second, .type_id = 1}};
  bool trims_offsets = false;      ///< offsets of byte-level tokens leave out spaces at both ends …
  bool keeps_first_space = false;  ///< … but for one in front of the text, which may have been put there
  std::optional<Truncation> truncation{};
  std::optional<Padding> padding{};
};

}  // namespace ondol::text
