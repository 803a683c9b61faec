#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "text/pipeline.hpp"

namespace ondol::text {

/// The name (`tokenizer.ggml.pre`) of what normalizers and pre-tokenizers do to text, the last of which spells its
/// bytes: found by what becomes of texts of many kinds, for one splitting can be written in many ways. Of several names
/// the first of the table whose further meaning fits best. Empty: there is none.
/// @param ignore_merges  of the model behind them
[[nodiscard]] std::string_view pre_tokenizer_name(std::span<const std::unique_ptr<Normalizer>> normalizers,
                                                  std::span<const std::unique_ptr<PreTokenizer>> pre_tokenizers,
                                                  bool ignore_merges);

}  // namespace ondol::text
