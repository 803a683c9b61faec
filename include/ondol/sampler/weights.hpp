#pragma once

#include <span>

#include "ondol/export.hpp"

namespace ondol {

/// weights[i] = exp(logits[i] - largest), in float32 at most 2 units in the last place off and the same bits on every
/// machine; 0 for -inf. `weights` may be where the logits are.
ONDOL_API void weigh(std::span<const float> logits, float largest, float* weights) noexcept;

/// The sum of those weights, in an order that depends on their number only.
[[nodiscard]] ONDOL_API double sum_weights(std::span<const float> logits, float largest) noexcept;

}  // namespace ondol
