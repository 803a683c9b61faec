#pragma once

#include <cstdint>

namespace ondol {

/// Arithmetic of a model's weights.
enum class Precision : std::int32_t {
  fast,   ///< weights as integers of up to 14 bits times activations of 8 to 16, in groups of 32, summed in float32
  exact,  ///< all weights as their float32 values, float32 activations: the yardstick
};

}  // namespace ondol
