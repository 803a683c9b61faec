#pragma once

#include <vector>

#include "models/config.hpp"
#include "models/recipe.hpp"
#include "models/weight.hpp"

namespace ondol {

/// Of a model whose weights are not there: the tensors whose shapes only they could say (the vocabulary, learned
/// positions, kinds of token), as config.json says them. Sorted by name; they have no bytes
/// and no format.
/// @throws Error bad_file: config.json lacks the size of the vocabulary.
[[nodiscard]] std::vector<Weight> assumed_weights(const Config& config, const Recipe& recipe);

/// Whether its matrices would have biases.
[[nodiscard]] bool assumed_biases(const Config& config, const Recipe& recipe);

/// What its matrices would be stored as: config.json's dtype.
[[nodiscard]] const Format& assumed_format(const Config& config);

}  // namespace ondol
