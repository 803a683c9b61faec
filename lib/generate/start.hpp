#pragma once

#include <span>
#include <vector>

#include "ondol/generate.hpp"

namespace ondol {

/// What a generation starts from: a cache, and the tokens to be computed first.
struct Start {
  KVCache cache;
  std::vector<Token> tokens;
};

/// Of a decoder: an empty cache and the prompt. Of an encoder-decoder: a cache that has the prompt as its source, and
/// the token that all it writes begins with; sources are read together.
/// @throws Error as generate(); messages name the prompt if there are several.
[[nodiscard]] std::vector<Start> starts(const Model& model, std::span<const Prompt> prompts,
                                        const std::stop_token& stop);

/// The options with what the model's files add for an encoder-decoder: tokens that are forced, or never chosen.
[[nodiscard]] GenerateOptions with_defaults(const Model& model, const GenerateOptions& options);

}  // namespace ondol
