#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ondol/generate.hpp"

namespace ondol {

/// Where a prompt's tokens go.
enum class Place : bool {
  start,  ///< in front of all: text gets the start token that the file asks for
  later,  ///< behind other tokens: text gets none
};

/// Ids of a prompt. End tokens are never added: the text shall go on.
/// @throws Error no_vocabulary: text without a tokenizer; invalid_argument: an id outside of the vocabulary.
[[nodiscard]] std::vector<Token> prompt_ids(const Model& model, const Prompt& prompt, Place place);

/// @param before positions that stand in the cache already.
/// @throws Error invalid_argument: no tokens; context_full: not even one token more would fit.
void check_room(std::size_t tokens, std::size_t before, std::size_t context);

/// @throws Error invalid_argument: an option out of range, by name; no_vocabulary: stop strings without a tokenizer.
void check_options(const Model& model, const GenerateOptions& options);

}  // namespace ondol
