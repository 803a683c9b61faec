#pragma once

#include <string_view>

#include "models/config.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// The rotary embedding that a config states: config.json's rope_parameters (flat, or one set for each kind of layer),
/// or the older rope_theta, rope_scaling and partial_rotary_factor, or GGUF's keys.
/// @param head_dim  dimensions of a head; rotated are all, or the stated part.
/// @param kind      "full_attention", "sliding_attention": which set, where there are several; else ignored.
/// @throws Error bad_file; unsupported: names the kind of scaling.
[[nodiscard]] RopeRecipe rope_of(const Config& config, std::size_t head_dim, double default_theta = 10'000,
                                 std::string_view kind = "full_attention");

}  // namespace ondol
