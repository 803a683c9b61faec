#pragma once

#include <cstddef>
#include <optional>
#include <variant>

#include "blocks/attention.hpp"
#include "blocks/mlp.hpp"
#include "blocks/norm.hpp"
#include "cache/cache.hpp"
#include "models/recipe.hpp"
#include "models/weight_binder.hpp"

namespace ondol {

using Mixer = std::variant<Attention, DisentangledAttention>;
using FeedForward = std::variant<Mlp>;

/// One layer's weights. Norms that a place does not have are empty.
struct Layer {
  Norm mixer_norm;
  Mixer mixer;
  Norm mixer_post_norm;
  Norm cross_norm;
  std::optional<CrossAttention> cross;
  Norm cross_post_norm;
  Norm feed_forward_norm;
  FeedForward feed_forward;
  Norm feed_forward_post_norm;
};

/// Binds the tensors of layer `index` (prefix + "blk.<index>.…"). @throws Error bad_file.
void bind_layer(const Recipe& recipe, std::size_t index, WeightBinder& binder, Layer& layer);

/// What a layer keeps of a sequence.
[[nodiscard]] LayerCache cache_of(const LayerRecipe& recipe);

}  // namespace ondol
