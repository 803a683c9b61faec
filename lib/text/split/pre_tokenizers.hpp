#pragma once

#include <span>
#include <string_view>

#include "text/split/regex_splitter.hpp"

namespace ondol::text {

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

}  // namespace ondol::text
