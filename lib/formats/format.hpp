#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ondol {

/// Which kernel multiplies weights of a format with fast precision; kernels/ maps it to code. Each but f32 and
/// block_float is of the format of its name, as which others are packed by their values (own_format, pack_values).
enum class Product : std::uint8_t {
  f32,
  f16,
  bf16,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq4_nl,
  iq4_xs,
  block_float,  ///< of f16 and bf16 where rows are whole groups of 32: kernels/block_float.hpp
};

/// The id of formats that GGUF does not have; no file's id is this one.
inline constexpr std::uint32_t no_gguf_id = 0xFFFFFFFFu;

/// A storage type of weights: blocks of `weights` values along a row, `bytes` long each. One file a format.
struct Format {
  std::string_view name;  ///< as GGUF ("Q4_1") or else safetensors ("F8_E4M3") spells it
  std::uint32_t gguf_id;
  std::uint32_t weights;
  std::uint32_t bytes;
  /// `blocks` blocks to float32; `in` needs no alignment. The values are the format's definition, bit for bit.
  void (*unpack)(const std::byte* in, float* out, std::size_t blocks) noexcept;
  /// The reverse, of any values; nullptr for types that hold no weights. `importance` has a number >= 0 for each value,
  /// what the square of its error counts; nullptr = none is known.
  void (*pack)(const float* in, const float* importance, std::byte* out, std::size_t blocks) noexcept;
  Product product;
  /// Too coarse to be of use where nothing is known of the importance: callers refuse to pack without.
  bool needs_importance = false;
};

/// All formats, in the order of their GGUF ids; those without one come last.
[[nodiscard]] std::span<const Format* const> formats() noexcept;
/// nullptr when unknown; formats without a GGUF id have to be asked for by name.
[[nodiscard]] const Format* find_format(std::uint32_t gguf_id) noexcept;
[[nodiscard]] const Format* find_format(std::string_view name) noexcept;
/// The format whose blocks a product is made for.
[[nodiscard]] const Format& own_format(Product product) noexcept;
/// Name of a GGUF storage type, also of those that have no Format here; empty when unknown.
[[nodiscard]] std::string_view format_name(std::uint32_t gguf_id) noexcept;

/// A matrix as it lies in a file: `rows` rows of `columns` weights; columns is a multiple of format->weights.
struct WeightView {
  const Format* format = nullptr;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::span<const std::byte> bytes;

  [[nodiscard]] std::uint64_t row_bytes() const noexcept { return columns / format->weights * format->bytes; }
  [[nodiscard]] const std::byte* row(std::uint64_t i) const noexcept { return bytes.data() + i * row_bytes(); }
};

}  // namespace ondol
