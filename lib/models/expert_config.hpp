#pragma once

#include <functional>

#include "blocks/experts.hpp"
#include "models/config.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// The mixture of experts that a config states under the names that most families share: how many experts there are,
/// how many a token uses, their size and what they share, the scale of weights. Scoring and normalisation are the
/// family's.
/// @throws Error bad_file.
[[nodiscard]] Experts::Shape experts_of(const Config& config, Router::Scoring scoring);

/// Limits the choice to the best of the groups of experts that a config states. @throws Error bad_file.
void set_expert_groups(const Config& config, Router& router);

/// Puts the mixture in the place of the feed-forward block of all layers, or of those that `has` names.
void put_experts(
    Recipe& recipe, const Experts::Shape& experts,
    const std::function<bool(std::size_t layer)>& has = [](std::size_t) { return true; });

/// Layers from first_k_dense_replace on, the choice of most families.
[[nodiscard]] std::function<bool(std::size_t)> behind_dense_layers(const Config& config);

}  // namespace ondol
