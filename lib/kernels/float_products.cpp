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

void multiply_float(std::span<const FloatProduct> products, Compute& compute) {
  /// A product in units of one slice by `task_rows` rows; units are counted through all products.
  struct Plan {
    void (*body)(const FloatTask& task) noexcept;
    floats::WideProduct wide;
    std::size_t row_blocks;
    std::size_t end;  // of its units
  };
  const Arena::Scope scope(compute.arena);
  auto* plans = compute.arena.take<Plan>(products.size());
  std::size_t units = 0;
  bool any_wide = false;
  for (std::size_t i = 0; i < products.size(); ++i) {
    const FloatProduct& p = products[i];
    const std::size_t rows = p.x->rows();
    const bool wide = rows >= floats::wide_rows && p.rows >= floats::slice && compute.kernels.isa != Isa::base;
    const int type = p.product == Product::f32 ? 0 : p.product == Product::f16 ? 1 : 2;
    const std::size_t row_blocks = (rows + task_rows - 1) / task_rows;
    units += (p.rows + floats::slice - 1) / floats::slice * row_blocks;
    plans[i] = {.body = compute.kernels.float_products->multiply[type],
                .wide = wide ? onednn::wide_product(p.columns, *compute.kernels.float_products) : nullptr,
                .row_blocks = row_blocks,
                .end = units};
    any_wide = any_wide || plans[i].wide;
  }
  const std::size_t tasks = std::min<std::size_t>(units, 4 * std::size_t(compute.pool.threads()));
  constexpr std::size_t task_scratch = floats::chunk * floats::slice;
  float* scratch = any_wide ? compute.arena.take<float>(tasks * task_scratch) : nullptr;

  compute.pool.parallel_for(tasks, [&](std::size_t task) {
    std::size_t at = 0;
    for (std::size_t unit = units * task / tasks; unit < units * (task + 1) / tasks; ++unit) {
      while (unit >= plans[at].end) ++at;
      const FloatProduct& p = products[at];
      const Plan& plan = plans[at];
      const std::size_t own = unit - (at == 0 ? 0 : plans[at - 1].end);
      const std::size_t j = own / plan.row_blocks * floats::slice;
      const std::size_t i = own % plan.row_blocks * task_rows;
      plan.body({.panels = p.data + j * p.columns * element_bytes(p.product),
                 .columns = p.columns,
                 .outputs = std::min(floats::slice, p.rows - j),
                 .x = p.x->values() + i * p.x->stride(),
                 .x_stride = p.x->stride(),
                 .rows = std::min(task_rows, p.x->rows() - i),
                 .bias = p.bias ? p.bias + j : nullptr,
                 .out = p.out + i * p.stride + j,
                 .stride = p.stride,
                 .scratch = plan.wide ? scratch + task * task_scratch : nullptr,
                 .wide = plan.wide});
    }
  });
}

}  // namespace ondol
