#include "blocks/attention_and_mamba2.hpp"

#include "kernels/elementwise.hpp"

namespace ondol {

void AttentionAndMamba2::apply(Activations& x, const Attention::Pass& pass, std::span<const KeyValueSpan> spans,
                               std::span<const StateSpan> states, float* out, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t hidden = attention.output.outputs();
  auto* other = compute.arena.take<float>(x.rows() * hidden);
  attention.apply(x, pass, spans, out, compute);
  Activations again(x.values(), x.rows(), x.columns(), x.stride(),
                    x.rounding());  // what attention made of x went with its scratch
  mamba2.apply(again, states, other, compute);
  compute.pool.parallel_ranges(x.rows(), 16, [&](std::size_t begin, std::size_t end) {
    compute.kernels.elementwise->add(out + begin * hidden, other + begin * hidden, (end - begin) * hidden);
  });
}

}  // namespace ondol
