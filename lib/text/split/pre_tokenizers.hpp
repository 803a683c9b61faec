#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "text/pipeline.hpp"

namespace ondol::text {

/// How a step cuts a piece by a pattern.
enum class SplitKind : std::uint8_t {
  matches,      ///< every match is a piece, and what lies between them
  digit_threes  ///< a match is cut before every third character, counted from its end, and nowhere else
};

struct SplitStep {
  std::string_view pattern;  ///< Oniguruma's syntax, as in the models' own files
  SplitKind kind = SplitKind::matches;
};

/// What `tokenizer.ggml.pre` names: how text is split, and what else the name implies but the file does not record.
struct PreTokenizerKind {
  std::string_view name;
  std::span<const SplitStep> steps;
  bool ignore_merges = false;  ///< a piece that is a token is that token, whatever the merges say
  bool nfc = false;            ///< text is normalised to NFC first
  bool adds_bos = false;       ///< unless the file says otherwise
  bool characters = false;     ///< merges start from characters and "▁" is the blank, instead of spelled bytes
};

/// Every name known, in the table's order.
[[nodiscard]] std::span<const PreTokenizerKind> pre_tokenizer_kinds() noexcept;
/// nullptr when there is none of this name.
[[nodiscard]] const PreTokenizerKind* find_pre_tokenizer(std::string_view name) noexcept;

/// The steps' pre-tokenizers, each for the pieces of the one before.
[[nodiscard]] std::vector<std::unique_ptr<PreTokenizer>> make_pre_tokenizers(std::span<const SplitStep> steps);

}  // namespace ondol::text
