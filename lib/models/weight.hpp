#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/weight_source.hpp"
#include "ondol/precision.hpp"

namespace ondol {

/// A tensor under the name and in the layout that networks bind, which are GGUF's (naming.hpp), wherever it comes from:
/// the bytes of one tensor of a file, of several stacked along the outermost dimension (experts), or values made of
/// them. Valid as long as the source.
struct Weight {
  std::string name;
  const Format* format = nullptr;
  std::vector<std::uint64_t> shape;  ///< innermost dimension first
  /// Of float32 values made of a checkpoint's integers: how fast precision may hold them; nullptr: as they are.
  const Format* compact = nullptr;
  /// Equal parts along the outermost dimension; one where the tensor lies in one piece.
  struct Part {
    std::span<const std::byte> bytes;             ///< as they lie in the file, unless `make`
    std::function<void(std::byte* out)> make{};   ///< writes what bytes() would be
  };
  std::vector<Part> parts;
  std::vector<const TensorView*> sources;  ///< tensors of the file it is made of

  [[nodiscard]] std::uint64_t columns() const noexcept { return shape.front(); }
  [[nodiscard]] std::uint64_t rows() const noexcept;
  [[nodiscard]] std::uint64_t elements() const noexcept { return rows() * columns(); }
  [[nodiscard]] std::uint64_t row_bytes() const noexcept { return columns() / format->weights * format->bytes; }

  /// The format to pack it from, of the same bytes.
  [[nodiscard]] const Format& packed_from(Precision precision) const noexcept;
  /// Calls use(bytes) with those of rows [first, first + count), which lie in one part.
  void read_rows(std::uint64_t first, std::uint64_t count,
                 const std::function<void(std::span<const std::byte>)>& use) const;
  /// Makes `count` equal parts of a tensor that lies in one.
  void split(std::uint64_t count);
  /// All values, [rows, columns].
  [[nodiscard]] std::vector<float> values() const;
};

/// The same as float32 values, made when they are read.
[[nodiscard]] Weight dequantised(const Weight& weight);

/// A file's tensor as it is.
[[nodiscard]] Weight as_weight(const TensorView& tensor);

}  // namespace ondol
