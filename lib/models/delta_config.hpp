#pragma once

#include "blocks/gated_delta.hpp"
#include "models/config.hpp"

namespace ondol {

/// The gated delta net that a config states. @throws Error bad_file.
[[nodiscard]] GatedDelta::Shape delta_of(const Config& config);

}  // namespace ondol
