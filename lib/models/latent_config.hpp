#pragma once

#include "blocks/latent_attention.hpp"
#include "models/config.hpp"

namespace ondol {

/// The dimensions of latent attention that a config states: config.json's ranks and dimensions of heads, or GGUF's
/// keys, of which the newer state the lengths of a head beside those of the cached vector. The scale is that of a
/// head's length alone.
/// @throws Error bad_file.
[[nodiscard]] LatentAttention::Shape latent_of(const Config& config);

}  // namespace ondol
