#include "blocks/mlp.hpp"

#include "blocks/scale.hpp"

namespace ondol {

void Mlp::apply(Activations& x, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t n = up.outputs();
  const ElementwiseKernels& kernels = *compute.kernels.elementwise;
  auto* raised = compute.arena.take<float>(x.rows() * n);
  float* product = raised;
  if (shape.gated) {
    product = compute.arena.take<float>(x.rows() * n);
    gate.apply(x, product, compute);
    scale(product, x.rows() * n, shape.gate_scale, compute);
  }
  up.apply(x, raised, compute);
  compute.pool.parallel_ranges(x.rows(), 4, [&](std::size_t begin, std::size_t end) {
    const std::size_t count = (end - begin) * n;
    if (shape.gated && shape.activation == Activation::silu) {
      kernels.silu_multiply(product + begin * n, raised + begin * n, count);
    } else {
      kernels.activate(shape.activation, product + begin * n, count);
      if (shape.gated) kernels.multiply(product + begin * n, raised + begin * n, count);
    }
  });
  Activations middle(product, x.rows(), n, n, Rounding::coarse);
  down.apply(middle, out, compute);
  scale(out, x.rows() * down.outputs(), shape.output_scale, compute);
}

}  // namespace ondol
