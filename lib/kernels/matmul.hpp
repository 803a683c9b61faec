#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "formats/format.hpp"
#include "kernels/kernels.hpp"
#include "ondol/precision.hpp"
#include "runtime/memory.hpp"

namespace ondol {

/// A weight matrix in the layout its product reads, packed once at load. Immutable, move only.
///
/// The order in which an element of a product is summed is a function of the columns and the product only: rows of a
/// result do not depend on how many rows there are, on threads or on neighbours.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// Packs `weights` on all threads. With Precision::exact quantised weights are held as their float32 values; with
  /// Precision::fast in the format that their product is made for (own_format), F16 and BF16 as block floats.
  /// @throws Error out_of_memory.
  PackedMatrix(const WeightView& weights, Precision precision, Compute& compute,
               const std::shared_ptr<MemoryAccount>& memory);

  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }        ///< outputs
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }  ///< inputs
  [[nodiscard]] Product product() const noexcept { return product_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return data_.size(); }
  [[nodiscard]] const std::byte* data() const noexcept { return data_.data(); }

  /// The values of one row, [columns]; bit for bit what the unpack of the format that it is held in gives.
  void unpack_row(std::size_t row, float* out) const;

 private:
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  Product product_ = Product::f32;
  Buffer data_;
};

/// Bytes that PackedMatrix would hold, without packing.
[[nodiscard]] std::uint64_t packed_bytes(const Format& format, std::uint64_t rows, std::uint64_t columns,
                                         Precision precision) noexcept;

/// What products of integers round activations to: 8 bits (`coarse`), which is faster, or 16 (`fine`), whose error does
/// not show beside that of quantised weights. Weights with signed 8-bit levels take 16 bits in any case, and block
/// floats as many as their sums have room for, 14 to 16 (`middle`).
enum class Rounding { coarse, middle, fine };

/// The left side of products: `rows` rows of `columns` floats, and their rounded forms, each made once when a product
/// first asks for it and shared by all products with the same input. Memory comes from the arena of `compute`.
class Activations {
 public:
  /// Row i starts at values + i * stride; the values must stay valid and unchanged.
  Activations(const float* values, std::size_t rows, std::size_t columns, std::size_t stride,
              Rounding rounding = Rounding::fine) noexcept
      : values_(values), rows_(rows), columns_(columns), stride_(stride), rounding_(rounding) {}

  [[nodiscard]] const float* values() const noexcept { return values_; }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t stride() const noexcept { return stride_; }

  [[nodiscard]] Rounding rounding() const noexcept { return rounding_; }

  /// Groups of integers, in tiles of rows: kernels/quantised_products.hpp.
  [[nodiscard]] const void* rounded(Rounding rounding, Compute& compute);

 private:
  const float* values_;
  std::size_t rows_;
  std::size_t columns_;
  std::size_t stride_;
  Rounding rounding_;
  const void* rounded_[3] = {};
};

/// out[i * stride + j] = sum over k of x[i][k] * w[j][k] (+ bias[j] if bias is not null), for all rows i of x, j of w.
struct MatrixProduct {
  const PackedMatrix* w;
  Activations* x;
  const float* bias;
  float* out;
  std::size_t stride;  ///< floats from one row of out to the next, at least w.rows()
};

/// Computes them all, at once where threads are free: outputs must not overlap nor be another's input.
void multiply(std::span<const MatrixProduct> products, Compute& compute);

inline void multiply(const PackedMatrix& w, Activations& x, const float* bias, float* out, std::size_t stride,
                     Compute& compute) {
  const MatrixProduct product{&w, &x, bias, out, stride};
  multiply({&product, 1}, compute);
}

}  // namespace ondol
