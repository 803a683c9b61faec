#pragma once

#include "models/config.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// embedding, n x {norm, attention, norm, gated mlp}, norm, head: where most families start from.
[[nodiscard]] Recipe llama_like(const Config& config);

}  // namespace ondol
