#pragma once

#include <string_view>

#include "models/config.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// Context, layers, hidden size and norm: what llama_like() and others start from.
[[nodiscard]] Recipe frame_of(const Config& config);

/// embedding, n x {norm, attention, norm, gated mlp}, norm, head: where most families start from. All layers are alike,
/// with one rotary embedding and no window.
[[nodiscard]] Recipe llama_like(const Config& config);

/// Heads of keys and values; where a file states them for each layer, those of the layers that have any.
/// @throws Error bad_file.
[[nodiscard]] std::size_t kv_heads_of(const Config& config, std::size_t heads);

/// The activation that config.json calls hidden_act. @throws Error unsupported: names it.
[[nodiscard]] Activation activation_of(const Config& config, std::string_view otherwise);

/// Calls change(shape, index) for the attention of each layer that has it.
template <class Change>
void each_attention(Recipe& recipe, Change&& change) {
  for (std::size_t i = 0; i < recipe.layers.size(); ++i) {
    if (auto* shape = std::get_if<Attention::Shape>(&recipe.layers[i].mixer)) change(*shape, i);
  }
}
template <class Change>
void each_mlp(Recipe& recipe, Change&& change) {
  for (std::size_t i = 0; i < recipe.layers.size(); ++i) {
    if (auto* shape = std::get_if<Mlp::Shape>(&recipe.layers[i].feed_forward)) change(*shape, i);
  }
}

/// Whether each layer has the sliding window: by layer_types, GGUF's pattern, or else every layer but each
/// `otherwise_full`-th (counted from 1; 0 = no layer has it).
[[nodiscard]] std::vector<bool> sliding_layers(const Config& config, std::size_t layers, std::size_t otherwise_full);

/// Puts sliding_window on the layers that sliding_layers() names.
void set_windows(const Config& config, Recipe& recipe, std::size_t otherwise_full);

}  // namespace ondol
