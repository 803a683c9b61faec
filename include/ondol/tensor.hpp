#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ondol {

/// A row-major float32 matrix that owns its values; what the API returns for logits and hidden states.
struct Tensor {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;  ///< rows * columns

  [[nodiscard]] std::span<const float> row(std::size_t i) const { return {values.data() + i * columns, columns}; }
  [[nodiscard]] std::span<float> row(std::size_t i) { return {values.data() + i * columns, columns}; }
  [[nodiscard]] bool empty() const noexcept { return values.empty(); }
};

}  // namespace ondol
