#include "blocks/mlp.hpp"

#include "kernels/elementwise.hpp"

namespace ondol {

void GatedMlp::apply(Activations& x, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t n = gate.outputs();
  auto* gated = compute.arena.take<float>(x.rows() * n);
  auto* raised = compute.arena.take<float>(x.rows() * n);
  gate.apply(x, gated, compute);
  up.apply(x, raised, compute);
  compute.pool.parallel_ranges(x.rows(), 4, [&](std::size_t begin, std::size_t end) {
    compute.kernels.elementwise->silu_multiply(gated + begin * n, raised + begin * n, (end - begin) * n);
  });
  Activations product(gated, x.rows(), n, n);
  down.apply(product, out, compute);
}

}  // namespace ondol
