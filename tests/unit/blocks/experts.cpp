#include "blocks/experts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/values.hpp"
#include "runtime/cpu.hpp"

namespace {

using namespace ondol;

Linear linear(const std::vector<float>& values, std::size_t columns, const std::string& format, test::Setup& setup) {
  const Format& to = *find_format(format);
  std::vector<std::byte> bytes(values.size() / to.weights * to.bytes);
  to.pack(values.data(), nullptr, bytes.data(), values.size() / to.weights);
  const WeightView view{&to, values.size() / columns, columns, bytes};
  Linear out;
  out.weight = PackedMatrix(view, Precision::fast, setup.compute, setup.memory);
  return out;
}

std::vector<float> values_of(const Linear& linear) {
  const std::size_t columns = linear.weight.columns();
  std::vector<float> out(linear.weight.rows() * columns);
  for (std::size_t i = 0; i < linear.weight.rows(); ++i) linear.weight.unpack_row(i, &out[i * columns]);
  return out;
}

constexpr std::size_t hidden = 64;
constexpr std::size_t middle = 96;

/// A mixture with random weights.
Experts random_experts(const Experts::Shape& shape, const std::string& format, test::Setup& setup) {
  Experts out;
  out.shape = shape;
  out.router = linear(test::normal(shape.router.experts * hidden, 1), hidden, "F32", setup);
  for (std::uint32_t e = 0; e < shape.router.experts; ++e) {
    out.gate.push_back(linear(test::normal(middle * hidden, 10 + e, 0.2f), hidden, format, setup));
    out.up.push_back(linear(test::normal(middle * hidden, 100 + e, 0.2f), hidden, format, setup));
    out.down.push_back(linear(test::normal(hidden * middle, 200 + e, 0.2f), middle, format, setup));
  }
  if (shape.shared_size > 0) {
    out.shared.shape.intermediate_size = shape.shared_size;
    out.shared.gate = linear(test::normal(shape.shared_size * hidden, 2, 0.2f), hidden, format, setup);
    out.shared.up = linear(test::normal(shape.shared_size * hidden, 3, 0.2f), hidden, format, setup);
    out.shared.down = linear(test::normal(shape.shared_size * hidden, 4, 0.2f), shape.shared_size, format, setup);
    if (shape.shared_gate) out.shared_gate = linear(test::normal(hidden, 5), hidden, "F32", setup);
  }
  return out;
}

std::vector<float> apply(const Experts& experts, const std::vector<float>& x, test::Setup& setup) {
  const Arena::Scope scope(setup.arena);
  std::vector<float> out(x.size(), 42.0f);
  Activations rows(x.data(), x.size() / hidden, hidden, hidden);
  experts.apply(rows, out.data(), setup.compute);
  return out;
}

std::vector<double> product(const Linear& linear, const std::vector<double>& x) {
  const std::vector<float> w = values_of(linear);
  std::vector<double> out(linear.weight.rows());
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t k = 0; k < x.size(); ++k) out[i] += double(w[i * x.size() + k]) * x[k];
  }
  return out;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

std::vector<double> mlp(const Linear& gate, const Linear& up, const Linear& down, const std::vector<double>& x,
                        const Experts::Shape& shape) {
  std::vector<double> gates = product(gate, x);
  const std::vector<double> raised = product(up, x);
  for (std::size_t i = 0; i < gates.size(); ++i) {
    if (shape.limit > 0) {
      const double g = std::min(gates[i], shape.limit);
      gates[i] = g * sigmoid(shape.alpha * g) * (std::clamp(raised[i], -shape.limit, shape.limit) + 1);
    } else {
      gates[i] *= sigmoid(gates[i]) * raised[i];
    }
  }
  return product(down, gates);
}

/// One row in double precision.
std::vector<double> exact(const Experts& experts, const std::vector<float>& row) {
  const std::vector<double> x(row.begin(), row.end());
  const std::vector<double> scores = product(experts.router, x);
  const std::vector<float> logits(scores.begin(), scores.end());
  const Router& router = experts.shape.router;
  std::vector<float> scratch(router.scratch());
  std::vector<Router::Choice> chosen(router.used);
  router.choose(logits.data(), nullptr, scratch.data(), chosen.data());
  std::vector<double> out(hidden);
  for (const Router::Choice& choice : chosen) {
    std::vector<double> in = x;
    if (experts.shape.weigh_input) {
      for (double& v : in) v *= choice.weight;
    }
    const std::size_t e = choice.expert;
    const auto y = mlp(experts.gate[e], experts.up[e], experts.down[e], in, experts.shape);
    for (std::size_t k = 0; k < hidden; ++k) out[k] += (experts.shape.weigh_input ? 1 : choice.weight) * y[k];
  }
  if (experts.shape.shared_size > 0) {
    const double opened = experts.shape.shared_gate ? sigmoid(product(experts.shared_gate, x)[0]) : 1;
    const auto y = mlp(experts.shared.gate, experts.shared.up, experts.shared.down, x, {});
    for (std::size_t k = 0; k < hidden; ++k) out[k] += opened * y[k];
  }
  return out;
}

Experts::Shape shape_of(std::size_t count, std::size_t used) {
  return {.router = {.experts = count, .used = used, .normalise = true}, .intermediate_size = middle};
}

std::vector<Experts::Shape> all_shapes() {
  Experts::Shape plain = shape_of(8, 3);
  Experts::Shape bounded = plain;
  bounded.limit = 1.5;
  Experts::Shape weighed = shape_of(4, 1);
  weighed.router.scoring = Router::Scoring::sigmoid;
  weighed.router.normalise = false;
  weighed.weigh_input = true;
  weighed.shared_size = 32;
  Experts::Shape shared = plain;
  shared.shared_size = 64;
  shared.shared_gate = true;
  return {plain, bounded, weighed, shared};
}

}  // namespace

TEST_CASE("experts: by hand, weighed among themselves or among all") {  // EXAMPLES T20
  test::Setup setup(1, available_isas().back());
  Experts experts;
  experts.shape = {.router = {.experts = 4, .used = 2, .normalise = true}, .intermediate_size = 1};
  experts.shape.activation = Activation::identity;
  experts.router = linear({1.0f, 3.0f, 0.5f, 2.0f}, 1, "F32", setup);
  for (const float result : {10.0f, 20.0f, 30.0f, 40.0f}) {
    experts.gate.push_back(linear({1}, 1, "F32", setup));
    experts.up.push_back(linear({1}, 1, "F32", setup));
    experts.down.push_back(linear({result}, 1, "F32", setup));
  }
  const float one = 1;
  float out = 0;
  Activations x(&one, 1, 1, 1);
  experts.apply(x, &out, setup.compute);
  CHECK(std::fabs(out - 25.378828) <= 1e-5);
  experts.shape.router.normalise = false;
  experts.apply(x, &out, setup.compute);
  CHECK(std::fabs(out - 21.898179) <= 1e-5);
}

TEST_CASE("experts: close to double precision in every shape") {
  test::Setup setup(2, available_isas().back());
  for (const Experts::Shape& shape : all_shapes()) {
    const Experts experts = random_experts(shape, "F32", setup);
    const auto x = test::normal(20 * hidden, 7);
    const auto out = apply(experts, x, setup);
    double worst = 0;
    for (std::size_t row = 0; row < 20; ++row) {
      const auto expected = exact(experts, {x.begin() + row * hidden, x.begin() + (row + 1) * hidden});
      for (std::size_t k = 0; k < hidden; ++k) worst = std::max(worst, std::fabs(out[row * hidden + k] - expected[k]));
    }
    CHECK(worst <= 1e-4);
  }
}

TEST_CASE("experts: a row is the same alone, among any others and on any threads, bit for bit") {
  const std::size_t rows = 400;  // more than are computed together
  const auto x = test::normal(rows * hidden, 8);
  for (const char* format : {"F32", "F16", "Q4_0", "Q8_0"}) {
    CAPTURE(format);
    for (const Experts::Shape& shape : all_shapes()) {
      test::Setup one(1, available_isas().back());
      const auto expected = apply(random_experts(shape, format, one), x, one);
      for (const int threads : {1, 3}) {
        test::Setup setup(threads, available_isas().back());
        const Experts experts = random_experts(shape, format, setup);
        CHECK(test::same(apply(experts, x, setup), expected));
        for (std::size_t row = 0; row < rows; row += 37) {
          const std::vector<float> alone(x.begin() + row * hidden, x.begin() + (row + 1) * hidden);
          const std::vector<float> its(expected.begin() + row * hidden, expected.begin() + (row + 1) * hidden);
          CHECK(test::same(apply(experts, alone, setup), its));
        }
      }
    }
  }
}

TEST_CASE("experts: only the chosen are read") {
  test::Setup setup(2, available_isas().back());
  const auto x = test::normal(hidden, 9);
  for (const char* format : {"F32", "Q8_0"}) {
    const Experts::Shape shape = shape_of(8, 3);
    const Experts clean = random_experts(shape, format, setup);
    const auto expected = apply(clean, x, setup);
    std::vector<float> logits(8), scratch(shape.router.scratch());
    std::vector<Router::Choice> chosen(3);
    Activations rows(x.data(), 1, hidden, hidden);
    clean.router.apply(rows, logits.data(), setup.compute);
    shape.router.choose(logits.data(), nullptr, scratch.data(), chosen.data());
    const std::vector<float> broken(middle * hidden, std::numeric_limits<float>::quiet_NaN());
    for (std::uint32_t e = 0; e < 8; ++e) {
      CAPTURE(e);
      Experts some = random_experts(shape, format, setup);
      some.gate[e] = linear(broken, hidden, "F32", setup);
      some.up[e] = linear(broken, hidden, "F32", setup);
      some.down[e] = linear(broken, middle, "F32", setup);
      const bool used = std::ranges::any_of(chosen, [&](const auto& choice) { return choice.expert == e; });
      const auto out = apply(some, x, setup);
      if (used) {
        CHECK(std::isnan(out[0]));
      } else {
        CHECK(test::same(out, expected));
      }
    }
  }
}
