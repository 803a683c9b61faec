#include "kernels/attention.hpp"

namespace ondol {

std::size_t attention_scratch(std::size_t rows, std::size_t head_dim) noexcept {
  const std::size_t padded = (head_dim + 15) / 16 * 16;
  // A row: query, sums, weights of a block, maximum, total. A task: one block's keys and values as floats.
  return rows * (head_dim + padded + cache_block + 2) + cache_block * (head_dim + padded);
}

}  // namespace ondol
