#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ondol/export.hpp"
#include "ondol/runtime.hpp"

namespace ondol {

/// How a file stores weights: blocks of `block_weights` values along a row, `block_bytes` long each.
struct StorageType {
  std::string_view name;  ///< as GGUF ("Q4_K") or else safetensors ("F8_E4M3") spells it
  std::uint32_t block_weights = 0;
  std::uint32_t block_bytes = 0;
  bool quantizable = false;       ///< weights can be stored so; else it can only be read
  bool needs_importance = false;  ///< only with importance

  [[nodiscard]] double bits_per_weight() const noexcept { return 8.0 * block_bytes / block_weights; }
};

/// All storage types that can be read.
[[nodiscard]] ONDOL_API std::vector<StorageType> storage_types();

/// The one called `name`, in small or capital letters.
/// @throws Error invalid_argument: an unknown name; the message has those there are.
[[nodiscard]] ONDOL_API StorageType storage_type(std::string_view name);

/// The float32 values of rows of blocks, one row after the other.
/// @param row_bytes  of a row; 0 = all is one row.
/// @throws Error invalid_argument: an unknown type, rows that are not whole blocks, or bytes that are not whole rows.
[[nodiscard]] ONDOL_API std::vector<float> dequantize(std::string_view type, std::span<const std::byte> bytes,
                                                      std::size_t row_bytes = 0);

/// Rows of `columns` values as blocks of a type, searched for the least error: sum of weight (stored - value)^2.
/// @param columns     of a row, a multiple of the type's block_weights; 0 = all is one row.
/// @param importance  a number >= 0 for each column, what errors in it count (as a rule the mean square of the
///                    activations it is multiplied with); empty = all the same.
/// @throws Error invalid_argument: an unknown type, rows that are not whole blocks, values that are not whole rows or
///               not finite (the message has row and column), a bad importance, or none for a type that needs one;
///               unsupported: a type that holds no weights.
/// The same bytes with any number of threads and on any CPU.
[[nodiscard]] ONDOL_API std::vector<std::byte> quantize(std::string_view type, std::span<const float> values,
                                                        std::size_t columns = 0, std::span<const float> importance = {},
                                                        const Runtime& runtime = Runtime::shared());

}  // namespace ondol
