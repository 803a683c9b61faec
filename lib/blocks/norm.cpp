#include "blocks/norm.hpp"

#include "kernels/elementwise.hpp"

namespace ondol {

void RmsNorm::apply(const float* in, std::size_t rows, float* out, Compute& compute) const {
  const std::size_t n = weight.size();
  compute.pool.parallel_ranges(rows, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      compute.kernels.elementwise->rms_norm(in + i * n, weight.data(), eps, n, out + i * n);
    }
  });
}

}  // namespace ondol
