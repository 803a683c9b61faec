#include "kernels/matmul.hpp"

#include <algorithm>
#include <new>

#include "kernels/float_products.hpp"
#include "kernels/pack.hpp"
#include "kernels/quantised_products.hpp"

namespace ondol {
namespace {

/// The product of a matrix of this format. With exact precision quantised weights are their float32 values.
Product product_of(const Format& format, std::uint64_t columns, Precision precision) noexcept {
  if (find_layout(format.product)) return precision == Precision::exact ? Product::f32 : format.product;
  const bool blocks = format.product != Product::f32 && columns % group_inputs == 0;
  return blocks && precision == Precision::fast ? Product::block_float : format.product;
}

std::uint64_t panels_of(std::uint64_t rows) noexcept { return (rows + panel_rows - 1) / panel_rows; }

std::uint64_t bytes_of(Product product, std::uint64_t rows, std::uint64_t columns) noexcept {
  const Layout* layout = find_layout(product);
  return layout ? panels_of(rows) * panel_bytes(*layout, columns) : float_packed_bytes(product, rows, columns);
}

constexpr std::size_t tasks_per_thread = 32;
constexpr std::size_t work_of_a_task = 1 << 16;  // at least, in bytes of weights times rows: some microseconds

}  // namespace

PackedMatrix::PackedMatrix(const WeightView& weights, Precision precision, Compute& compute,
                           const std::shared_ptr<MemoryAccount>& memory)
    : rows_(weights.rows),
      columns_(weights.columns),
      product_(product_of(*weights.format, weights.columns, precision)),
      data_(memory, bytes_of(product_, rows_, columns_), "packed weights", MemoryUse::weights) {
  const Layout* layout = find_layout(product_);
  if (!layout) {
    pack_float(weights, product_, data_.data(), compute);
    return;
  }
  const std::uint64_t size = panel_bytes(*layout, columns_);
  compute.pool.parallel_ranges(panels_of(rows_), 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t panel = begin; panel < end; ++panel) {
      pack_panel(*layout, weights, panel, data_.data() + panel * size, compute.kernels);
    }
  });
}

void PackedMatrix::unpack_row(std::size_t row, float* out) const {
  if (const Layout* layout = find_layout(product_)) {
    const std::byte* panel = data() + row / panel_rows * panel_bytes(*layout, columns_);
    unpack_panel_row(*layout, panel, static_cast<int>(row % panel_rows), columns_, out);
  } else {
    unpack_float_row(product_, data(), row, columns_, out);
  }
}

std::uint64_t packed_bytes(const Format& format, std::uint64_t rows, std::uint64_t columns,
                           Precision precision) noexcept {
  return bytes_of(product_of(format, columns, precision), rows, columns);
}

const void* Activations::rounded(Rounding rounding, Compute& compute) {
  const void*& made = rounded_[static_cast<std::size_t>(rounding)];
  if (!made) {
    const QuantisedKernels& kernels = *compute.kernels.quantised;
    const RoundedKernels& own = kernels.by_rounding[static_cast<std::size_t>(rounding)];
    const std::size_t groups = columns_ / group_inputs;
    const std::size_t rest = rows_ % kernels.tile;
    const std::size_t padded = rows_ - rest + (rest ? kernels.tile_width(rest) : 0);
    auto* all = compute.arena.take<std::byte>(padded * groups * own.group_bytes);
    const std::size_t tiles_of_a_task = std::max<std::size_t>(1, work_of_a_task / (kernels.tile * columns_ + 1));
    compute.pool.parallel_ranges(
        (rows_ + kernels.tile - 1) / kernels.tile, tiles_of_a_task, [&](std::size_t begin, std::size_t end) {
          for (std::size_t row = begin * kernels.tile; row < std::min(rows_, end * kernels.tile); row += kernels.tile) {
            own.quantise(values_ + row * stride_, stride_, std::min(kernels.tile, rows_ - row), groups,
                         all + row * groups * own.group_bytes);
          }
        });
    made = all;
  }
  return made;
}

namespace {

using QuantisedKernel = void (*)(const QuantisedTask& task) noexcept;

QuantisedKernel find_kernel(const QuantisedKernels& kernels, Product product, Rounding rounding) noexcept {
  return kernels.by_rounding[static_cast<std::size_t>(rounding)].multiply[static_cast<std::size_t>(product)];
}

/// What the product asks for, where its weights have a choice.
Rounding rounding_of(const MatrixProduct& p, const QuantisedKernels& kernels) noexcept {
  if (p.w->product() == Product::block_float) return Rounding::middle;
  return find_kernel(kernels, p.w->product(), p.x->rounding()) ? p.x->rounding() : Rounding::fine;
}

/// Tasks are blocks of panels by blocks of rows, so many that threads end at about the same time. The activations are
/// rounded already.
void multiply_quantised(std::span<const MatrixProduct> products, Compute& compute) {
  struct Plan {
    QuantisedTask all;
    QuantisedKernel kernel;
    std::size_t blocks;   // of panels
    std::size_t columns;  // tasks beside each other
    std::size_t end;      // of its tasks, counted through all products
  };
  const Arena::Scope scope(compute.arena);
  auto* plans = compute.arena.take<Plan>(products.size());
  const QuantisedKernels& kernels = *compute.kernels.quantised;
  const auto threads = static_cast<std::size_t>(compute.pool.threads());
  const std::size_t most_tasks = threads == 1 ? 1 : threads * tasks_per_thread;
  std::size_t tasks = 0;
  for (std::size_t i = 0; i < products.size(); ++i) {
    const PackedMatrix& w = *products[i].w;
    const Rounding rounding = rounding_of(products[i], kernels);
    const std::size_t rows = products[i].x->rows();
    const std::size_t row_blocks = (rows + row_block - 1) / row_block;
    const std::size_t work = w.bytes() * std::min(rows, row_block) / work_of_a_task;
    const std::size_t share = row_blocks * products.size();
    const std::size_t least = std::min(work, most_tasks / share) + 1;
    const std::size_t wanted = share >= most_tasks ? 1 : (least + threads - 1) / threads * threads;  // alike for each
    const std::size_t panels = panels_of(w.rows());
    const std::size_t blocks = (panels + panel_block - 1) / panel_block;
    const std::size_t columns = std::min(blocks, wanted);
    tasks += row_blocks * columns;
    plans[i] = {.all = {.panels = w.data(),
                        .first_panel = 0,
                        .last_panel = panels,
                        .groups = w.columns() / group_inputs,
                        .outputs = w.rows(),
                        .activations = products[i].x->rounded(rounding, compute),
                        .first_row = 0,
                        .last_row = rows,
                        .bias = products[i].bias,
                        .out = products[i].out,
                        .stride = products[i].stride},
                .kernel = find_kernel(kernels, w.product(), rounding),
                .blocks = blocks,
                .columns = columns,
                .end = tasks};
  }
  compute.pool.parallel_for(tasks, [&](std::size_t i) {
    const Plan* plan = std::upper_bound(plans, plans + products.size(), i,
                                        [](std::size_t task, const Plan& of) { return task < of.end; });
    const std::size_t own = i - (plan == plans ? 0 : plan[-1].end);
    QuantisedTask task = plan->all;
    const std::size_t column = own % plan->columns;
    task.first_panel = column * plan->blocks / plan->columns * panel_block;
    task.last_panel = std::min((column + 1) * plan->blocks / plan->columns * panel_block, task.last_panel);
    task.first_row = own / plan->columns * row_block;
    task.last_row = std::min(task.first_row + row_block, task.last_row);
    plan->kernel(task);
  });
}

}  // namespace

void multiply(std::span<const MatrixProduct> products, Compute& compute) {
  // Both kinds in lists of their own. The lists lie behind the rounded activations, which outlive this call.
  std::size_t quantised = 0;
  for (const MatrixProduct& p : products) {
    if (p.x->rows() == 0 || !find_layout(p.w->product())) continue;
    (void)p.x->rounded(rounding_of(p, *compute.kernels.quantised), compute);
    ++quantised;
  }
  const Arena::Scope scope(compute.arena);
  auto* integers = compute.arena.take<MatrixProduct>(quantised);
  auto* floats = compute.arena.take<FloatProduct>(products.size() - quantised);
  std::size_t made = 0;
  quantised = 0;
  for (const MatrixProduct& p : products) {
    if (p.x->rows() == 0) continue;
    if (find_layout(p.w->product())) {
      integers[quantised++] = p;
    } else {
      floats[made++] = {p.w->product(), p.w->data(), p.w->rows(), p.w->columns(), p.x, p.bias, p.out, p.stride};
    }
  }
  if (quantised > 0) multiply_quantised({integers, quantised}, compute);
  if (made > 0) multiply_float({floats, made}, compute);
}

}  // namespace ondol
