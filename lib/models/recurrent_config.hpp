#pragma once

#include <cstddef>
#include <vector>

#include "models/config.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// Positions of a model whose memory does not grow with them and that states no number.
inline constexpr std::size_t endless_context = std::size_t{1} << 20;

/// A model of recurrent layers only: context, width and norms, and no layers yet.
[[nodiscard]] Recipe recurrent_like(const Config& config);

/// Mamba's and Mamba 2's shapes, as config.json states them in its several spellings or GGUF's ssm keys do.
/// @throws Error bad_file, unsupported.
[[nodiscard]] Mamba::Shape mamba_of(const Config& config);
[[nodiscard]] Mamba2::Shape mamba2_of(const Config& config);

/// Which layers of a hybrid have attention: by the list of kv heads of GGUF files, or layer_types, a list of indices, a
/// period, an interval or a pattern that repeats. @throws Error bad_file: none of them is there.
[[nodiscard]] std::vector<bool> attention_layers(const Config& config, std::size_t layers);

/// The positions of a convolution, at least 1. @throws Error bad_file.
[[nodiscard]] std::size_t kernel_of(const Config& config);

}  // namespace ondol
