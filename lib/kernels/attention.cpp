#include "kernels/attention.hpp"

namespace ondol {

std::size_t attention_scratch(std::size_t rows, std::size_t key_dim, std::size_t value_dim) noexcept {
  const std::size_t padded = (value_dim + 15) / 16 * 16;
  // A row: query, sums, weights of a block, maximum, total. A task: one block's keys and values as floats.
  return rows * (key_dim + padded + cache_block + 2) + cache_block * (key_dim + padded);
}

}  // namespace ondol
