#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "text/decode/chain.hpp"
#include "text/regex.hpp"

namespace ondol::text {

// The parts of decoders, as functions that make their kinds.

/// Every occurrence of a text, or match of a pattern, becomes another text.
[[nodiscard]] DecodeStepKind replace_step(std::string from, std::string to);
[[nodiscard]] DecodeStepKind replace_step(Regex pattern, std::string to);
/// "<0x0A>" is a byte. Bytes that do not make up characters are left to who repairs the text.
[[nodiscard]] DecodeStepKind byte_fallback_step();
/// Drops up to `start` of a character at the start of each token, and up to `stop` at its end.
[[nodiscard]] DecodeStepKind strip_step(char32_t character, std::size_t start, std::size_t stop);
/// The same where all tokens are one text.
[[nodiscard]] DecodeStepKind strip_fused_step(char32_t character, std::size_t start, std::size_t stop);
/// All tokens become one, at the end.
[[nodiscard]] DecodeStepKind gather_step();
/// Tokens that do not continue a word ("##") get a space in front; `cleanup` takes it from before punctuation again.
[[nodiscard]] DecodeStepKind word_piece_step(std::string prefix, bool cleanup);
/// "▁" is a space, or nothing in the first token if encoding put one in front.
[[nodiscard]] DecodeStepKind metaspace_step(std::string blank, bool prepended);
/// The end of a word ("</w>") is a space, or nothing in the last token.
[[nodiscard]] DecodeStepKind word_end_step(std::string suffix);
/// Of equal tokens in a row one stays, pads go (connectionist temporal classification).
[[nodiscard]] DecodeStepKind ctc_step(std::string pad, std::string delimiter, bool cleanup);
/// Spelled bytes become bytes.
[[nodiscard]] DecodeStepKind byte_level_step();
/// A text between tokens.
[[nodiscard]] DecodeStepKind join_step(std::string separator);

}  // namespace ondol::text
