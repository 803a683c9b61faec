#pragma once

#include <cstddef>
#include <optional>
#include <variant>

#include "blocks/norm.hpp"
#include "cache/cache.hpp"
#include "models/recipe.hpp"
#include "models/weight_binder.hpp"

namespace ondol {

using Mixer = std::variant<Attention, LatentAttention, Mamba, Mamba2, AttentionAndMamba2, ShortConvolution, RgLru,
                           GatedDelta, RwkvTimeMix, DisentangledAttention>;
using FeedForward = std::variant<Mlp, Experts, RwkvChannelMix, std::monostate>;

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
  std::size_t mixer_state = 0;  ///< floats of the layer's state before the feed-forward block's
};

/// Binds the tensors of layer `index` (prefix + "blk.<index>.…"). @throws Error bad_file.
void bind_layer(const Recipe& recipe, std::size_t index, WeightBinder& binder, Layer& layer);

/// Parameters that a token does not read: those of experts that are not chosen.
[[nodiscard]] std::uint64_t idle_parameters(const Recipe& recipe, const WeightBinder& binder);

/// What a layer keeps of a sequence.
[[nodiscard]] LayerCache cache_of(const LayerRecipe& recipe);

}  // namespace ondol
