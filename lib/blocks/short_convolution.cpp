#include "blocks/short_convolution.hpp"

#include "kernels/elementwise.hpp"

namespace ondol {

std::size_t ShortConvolution::Shape::state_size() const noexcept {
  return CausalConvolution::state_size(channels, kernel);
}

std::size_t ShortConvolution::Shape::scratch() const noexcept { return 4 * channels; }

void ShortConvolution::apply(Activations& x, std::span<const StateSpan> spans, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t rows = x.rows();
  const std::size_t n = shape.channels;
  const auto multiply_rows = [&](float* rows_of, std::size_t stride, const float* by, std::size_t by_stride) {
    compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        compute.kernels.elementwise->multiply(rows_of + i * stride, by + i * by_stride, n);
      }
    });
  };
  auto* projected = compute.arena.take<float>(rows * 3 * n);
  auto* mixed = compute.arena.take<float>(rows * n);
  in.apply(x, projected, compute);
  multiply_rows(projected, 3 * n, projected + 2 * n, 3 * n);
  convolution.apply(projected, 3 * n, spans, 0, Activation::identity, mixed, compute);
  multiply_rows(mixed, n, projected + n, 3 * n);
  Activations gated(mixed, rows, n, n);
  output.apply(gated, out, compute);
}

}  // namespace ondol
