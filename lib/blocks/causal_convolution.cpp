#include "blocks/causal_convolution.hpp"

#include "kernels/recurrence.hpp"

namespace ondol {

void CausalConvolution::apply(const float* x, std::size_t stride, std::span<const StateSpan> spans, std::size_t offset,
                              Activation f, float* out, Compute& compute) const {
  each_piece(spans, channels, 256, compute.pool, [&](const StateSpan& span, std::size_t begin, std::size_t end) {
    const std::size_t past = kernel - 1;
    const float* before = span.before + offset + begin;
    const auto input = [&](std::size_t i) {  // counted from the first that the first row needs
      return i < past ? before + i * channels : x + (span.first_row + i - past) * stride + begin;
    };
    const float* inputs[most_positions];
    for (std::size_t row = 0; row < span.rows; ++row) {
      for (std::size_t j = 0; j < kernel; ++j) inputs[j] = input(row + j);
      float* y = out + (span.first_row + row) * channels + begin;
      compute.kernels.recurrence->convolve(inputs, kernel, weight.data() + begin, channels,
                                           bias.empty() ? nullptr : bias.data() + begin, end - begin, y);
      compute.kernels.elementwise->activate(f, y, end - begin);
    }
    float* after = span.after + offset + begin;
    for (std::size_t i = 0; i < past; ++i) std::copy_n(input(span.rows + i), end - begin, after + i * channels);
  });
}

}  // namespace ondol
