#pragma once

#include <cstddef>
#include <variant>

#include "blocks/attention.hpp"
#include "blocks/experts.hpp"
#include "blocks/latent_attention.hpp"
#include "blocks/mlp.hpp"
#include "blocks/norm.hpp"
#include "cache/cache.hpp"
#include "models/recipe.hpp"
#include "models/weight_binder.hpp"

namespace ondol {

using Mixer = std::variant<Attention, LatentAttention>;
using FeedForward = std::variant<Mlp, Experts>;

/// One layer's weights. Norms that a place does not have are empty.
struct Layer {
  Norm mixer_norm;
  Mixer mixer;
  Norm mixer_post_norm;
  Norm feed_forward_norm;
  FeedForward feed_forward;
  Norm feed_forward_post_norm;
};

/// Binds the tensors of layer `index` ("blk.<index>.…"). @throws Error bad_file.
void bind_layer(const Recipe& recipe, std::size_t index, WeightBinder& binder, Layer& layer);

/// Parameters that a token does not read: those of experts that are not chosen.
[[nodiscard]] std::uint64_t idle_parameters(const Recipe& recipe, const WeightBinder& binder);

/// What a layer keeps of a sequence.
[[nodiscard]] LayerCache cache_of(const LayerRecipe& recipe);

}  // namespace ondol
