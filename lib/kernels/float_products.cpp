#include "kernels/float_products.hpp"

#include <algorithm>
#include <cstring>

#include "base/half.hpp"
#include "kernels/matmul.hpp"
#include "kernels/onednn/wide_product.hpp"

namespace ondol {
namespace {

using floats::panel;

constexpr std::size_t element_bytes(Product product) noexcept { return product == Product::f32 ? 4 : 2; }

/// Rows [first, end) of one panel, [columns][16], from rows that are read in parts of 256 values.
template <class Element, class Read>
void pack_panel(std::size_t columns, std::size_t first, std::size_t end, Element* out, Read read) {
  Element part[panel][floats::chunk] = {};
  for (std::size_t k0 = 0; k0 < columns; k0 += floats::chunk) {
    const std::size_t k = std::min(floats::chunk, columns - k0);
    for (std::size_t row = first; row < end; ++row) read(row, k0, k, part[row - first]);
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t lane = 0; lane < panel; ++lane) *out++ = part[lane][i];
    }
  }
}

/// Rows of x that a task takes at most: what a slice reads of them stays in the second cache.
constexpr std::size_t task_rows = 5 * floats::wide_rows;

}  // namespace

std::uint64_t float_packed_bytes(Product product, std::uint64_t rows, std::uint64_t columns) noexcept {
  return (rows + panel - 1) / panel * panel * columns * element_bytes(product);
}

void pack_float(const WeightView& weights, Product product, std::byte* out, Compute& compute) {
  const std::size_t columns = weights.columns;
  const Format& format = *weights.format;
  compute.pool.parallel_ranges(weights.rows, panel, [&](std::size_t first, std::size_t end) {
    std::byte* to = out + first * columns * element_bytes(product);
    if (product == Product::f32) {
      pack_panel(columns, first, end, reinterpret_cast<float*>(to),
                 [&](std::size_t row, std::size_t k0, std::size_t k, float* part) {
                   format.unpack(weights.row(row) + k0 / format.weights * format.bytes, part, k / format.weights);
                 });
    } else {
      pack_panel(columns, first, end, reinterpret_cast<std::uint16_t*>(to),
                 [&](std::size_t row, std::size_t k0, std::size_t k, std::uint16_t* part) {
                   std::memcpy(part, weights.row(row) + k0 * 2, k * 2);
                 });
    }
  });
}

void unpack_float_row(Product product, const std::byte* data, std::size_t row, std::size_t columns,
                      float* out) noexcept {
  const std::size_t first = row / panel * panel * columns + row % panel;
  if (product == Product::f32) {
    const auto* from = reinterpret_cast<const float*>(data) + first;
    for (std::size_t k = 0; k < columns; ++k) out[k] = from[k * panel];
    return;
  }
  const auto* from = reinterpret_cast<const std::uint16_t*>(data) + first;
  const auto widen = product == Product::f16 ? half_to_float : bfloat_to_float;
  for (std::size_t k = 0; k < columns; ++k) out[k] = widen(from[k * panel]);
}

void multiply_float(Product product, const std::byte* data, std::size_t rows, std::size_t columns, const Activations& x,
                    const float* bias, float* out, std::size_t stride, Compute& compute) {
  const auto body = compute.kernels.float_products->multiply[product == Product::f32   ? 0
                                                             : product == Product::f16 ? 1
                                                                                       : 2];
  const bool wide = x.rows() >= floats::wide_rows && rows >= floats::slice && compute.kernels.isa != Isa::base;
  const auto wide_product = wide ? onednn::wide_product(columns, *compute.kernels.float_products) : nullptr;

  const std::size_t slices = (rows + floats::slice - 1) / floats::slice;
  const std::size_t row_blocks = (x.rows() + task_rows - 1) / task_rows;
  const std::size_t units = slices * row_blocks;
  const std::size_t tasks = std::min<std::size_t>(units, 4 * std::size_t(compute.pool.threads()));
  Arena::Scope scope(compute.arena);
  constexpr std::size_t task_scratch = floats::chunk * floats::slice;
  float* scratch = wide_product ? compute.arena.take<float>(tasks * task_scratch) : nullptr;

  compute.pool.parallel_for(tasks, [&](std::size_t task) {
    for (std::size_t unit = units * task / tasks; unit < units * (task + 1) / tasks; ++unit) {
      const std::size_t j = unit / row_blocks * floats::slice;
      const std::size_t i = unit % row_blocks * task_rows;
      body({.panels = data + j * columns * element_bytes(product),
            .columns = columns,
            .outputs = std::min(floats::slice, rows - j),
            .x = x.values() + i * x.stride(),
            .x_stride = x.stride(),
            .rows = std::min(task_rows, x.rows() - i),
            .bias = bias ? bias + j : nullptr,
            .out = out + i * stride + j,
            .stride = stride,
            .scratch = wide_product ? scratch + task * task_scratch : nullptr,
            .wide = wide_product});
    }
  });
}

}  // namespace ondol
