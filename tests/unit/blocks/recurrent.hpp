#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "blocks/causal_convolution.hpp"
#include "blocks/linear.hpp"
#include "blocks/state.hpp"
#include "formats/format.hpp"
#include "kernels/values.hpp"

namespace test {

using Doubles = std::vector<double>;

/// A linear layer with random weights, and its values for a reference in double.
struct Dense {
  std::size_t outputs, inputs;
  std::vector<float> weight, bias;

  Dense(std::size_t its_outputs, std::size_t its_inputs, std::uint32_t seed, bool biased = false)
      : outputs(its_outputs),
        inputs(its_inputs),
        weight(normal(outputs * inputs, seed, 1 / std::sqrt(float(inputs)))),
        bias(biased ? normal(outputs, seed + 1000, 0.3f) : std::vector<float>()) {}

  void put(ondol::Linear& to, Setup& setup) const {
    const auto* bytes = reinterpret_cast<const std::byte*>(weight.data());
    const ondol::WeightView view{ondol::find_format("F32"), outputs, inputs, {bytes, weight.size() * sizeof(float)}};
    to.weight = ondol::PackedMatrix(view, ondol::Precision::exact, setup.compute, setup.memory);
    to.bias = bias;
  }
  [[nodiscard]] Doubles operator()(const double* x) const {
    Doubles y(outputs);
    for (std::size_t i = 0; i < outputs; ++i) {
      y[i] = bias.empty() ? 0 : bias[i];
      for (std::size_t j = 0; j < inputs; ++j) y[i] += double(weight[i * inputs + j]) * x[j];
    }
    return y;
  }
  [[nodiscard]] Doubles operator()(const Doubles& x) const { return (*this)(x.data()); }
};

inline void put(ondol::CausalConvolution& to, std::size_t channels, std::size_t kernel, std::uint32_t seed) {
  to.channels = channels;
  to.kernel = kernel;
  to.weight = normal(channels * kernel, seed, 0.5f);
  to.bias = normal(channels, seed + 1, 0.2f);
}

/// The convolution of `rows`, each a position, at the last of them.
inline Doubles convolved(const ondol::CausalConvolution& of, const std::vector<Doubles>& rows) {
  Doubles y(of.bias.begin(), of.bias.end());
  for (std::size_t j = 0; j < of.kernel && j < rows.size(); ++j) {
    const Doubles& x = rows[rows.size() - 1 - j];
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += double(of.weight[(of.kernel - 1 - j) * of.channels + i]) * x[i];
  }
  return y;
}

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
inline double silu(double x) { return x * sigmoid(x); }
inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

/// x / sqrt(mean(x^2) + eps) times the weights from `first` on.
inline void rms_norm(double* x, std::size_t n, const std::vector<float>& weight, double eps, std::size_t first = 0) {
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) squares += x[i] * x[i];
  const double scale = 1 / std::sqrt(squares / double(n) + eps);
  for (std::size_t i = 0; i < n; ++i) x[i] *= scale * weight[first + i];
}

/// Some rows of one sequence through a block, and where they leave it.
struct Run {
  std::vector<float> out, state;
};
template <class Block>
Run run(const Block& block, std::size_t hidden, const std::vector<float>& x, const std::vector<float>& before,
        Setup& setup) {
  const std::size_t rows = x.size() / hidden;
  Run result{std::vector<float>(x.size()), std::vector<float>(before.size(), 77.0f)};
  ondol::Activations in(x.data(), rows, hidden, hidden);
  const ondol::StateSpan span{0, rows, before.data(), result.state.data()};
  block.apply(in, {&span, 1}, result.out.data(), setup.compute);
  return result;
}

/// Holds a block against a reference in double, row by row, and its results of 23 rows against those of pieces, of a
/// pass with batch mates, and of other numbers of threads: bit for bit.
template <class Block>
void check_block(const Block& block, std::size_t hidden, Setup& setup,
                 const std::function<Doubles(const Doubles& row)>& reference) {
  constexpr std::size_t rows = 23;
  const std::vector<float> x = normal(rows * hidden, 99);
  const std::vector<float> start(block.shape.state_size());
  const Run whole = run(block, hidden, x, start, setup);
  for (std::size_t row = 0; row < rows; ++row) {
    const Doubles exact = reference(Doubles(x.begin() + row * hidden, x.begin() + (row + 1) * hidden));
    for (std::size_t i = 0; i < hidden; ++i) {
      CAPTURE(row);
      CHECK(whole.out[row * hidden + i] == doctest::Approx(exact[i]).epsilon(1e-5).scale(1));
    }
  }

  Run cut{{}, start};
  for (const auto& [begin, end] : {std::pair<std::size_t, std::size_t>{0, 1}, {1, 3}, {3, 16}, {16, 23}}) {
    const Run piece = run(block, hidden, {x.begin() + begin * hidden, x.begin() + end * hidden}, cut.state, setup);
    cut.out.insert(cut.out.end(), piece.out.begin(), piece.out.end());
    cut.state = piece.state;
  }
  CHECK(same(cut.out, whole.out));
  CHECK(same(cut.state, whole.state));

  for (const int threads : {1, 3, 5}) {
    Setup other(threads, setup.compute.kernels.isa);
    // Mates before and behind, one of them in the middle of its sequence.
    const std::size_t mates = 5;
    std::vector<float> all = normal(mates * hidden, 7);
    all.insert(all.end(), x.begin(), x.end());
    const std::vector<float> last = normal(hidden, 8);
    all.insert(all.end(), last.begin(), last.end());
    std::vector<float> out(all.size());
    std::vector<float> states[3] = {start, start, start};
    const ondol::StateSpan spans[] = {{0, mates, start.data(), states[0].data()},
                                      {mates, rows, start.data(), states[1].data()},
                                      {mates + rows, 1, whole.state.data(), states[2].data()}};
    ondol::Activations in(all.data(), mates + rows + 1, hidden, hidden);
    block.apply(in, spans, out.data(), other.compute);
    CHECK(same({out.begin() + mates * hidden, out.begin() + (mates + rows) * hidden}, whole.out));
    CHECK(same(states[1], whole.state));
    const Run single = run(block, hidden, last, whole.state, other);
    CHECK(same({out.end() - hidden, out.end()}, single.out));
    CHECK(same(states[2], single.state));
  }
}

}  // namespace test
