#pragma once

#include <string>

#include "blocks/causal_convolution.hpp"
#include "models/recipe.hpp"
#include "models/weight_binder.hpp"

namespace ondol {

/// Where a layer's tensors are: what the binding of a block needs to know.
struct LayerPlace {
  const Recipe& recipe;
  std::string prefix;  ///< "blk.3."
  WeightBinder& binder;

  [[nodiscard]] std::string operator()(const char* name) const { return prefix + name; }
  /// A norm of the recipe's kind. @throws Error bad_file.
  void norm(const char* name, std::size_t n, Norm& to) const;
  /// name.weight [channels, kernel] and, if there is one, name.bias. @throws Error bad_file.
  void convolution(const char* name, std::size_t channels, std::size_t kernel, CausalConvolution& to) const;
};

// Blocks with a state (bind_recurrent.cpp). @throws Error bad_file.
void bind(const Mamba::Shape& shape, const LayerPlace& at, Mamba& to);
void bind(const Mamba2::Shape& shape, const LayerPlace& at, Mamba2& to);
void bind(const ShortConvolution::Shape& shape, const LayerPlace& at, ShortConvolution& to);
void bind(const RgLru::Shape& shape, const LayerPlace& at, RgLru& to);
void bind(const GatedDelta::Shape& shape, const LayerPlace& at, GatedDelta& to);
void bind(const RwkvTimeMix::Shape& shape, const LayerPlace& at, RwkvTimeMix& to);
void bind(const RwkvChannelMix::Shape& shape, const LayerPlace& at, RwkvChannelMix& to);

}  // namespace ondol
