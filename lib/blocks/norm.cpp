#include "blocks/norm.hpp"

#include "kernels/elementwise.hpp"

namespace ondol {

void Norm::apply_row(const float* in, float* out, const Kernels& kernels, std::size_t n, std::size_t index) const {
  const float* w = weight.data() + index * n;
  if (kind == NormKind::rms) {
    kernels.elementwise->rms_norm(in, w, eps, n, out);
  } else {
    kernels.elementwise->layer_norm(in, w, bias.empty() ? nullptr : bias.data() + index * n, eps, n, out);
  }
}

void Norm::apply(const float* in, std::size_t rows, float* out, Compute& compute) const {
  const std::size_t n = weight.size();
  compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) apply_row(in + i * n, out + i * n, compute.kernels, n);
  });
}

}  // namespace ondol
