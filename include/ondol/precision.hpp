#pragma once

#include <cstdint>

namespace ondol {

/// Arithmetic of a model's weights.
enum class Precision : std::int32_t {
  fast,   ///< quantised weights times activations rounded to 8 or 16 bits in groups of 32, summed in float32
  exact,  ///< all weights as their float32 values, float32 activations: the yardstick
};

}  // namespace ondol
