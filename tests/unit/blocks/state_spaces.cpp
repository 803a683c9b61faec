#include <doctest/doctest.h>

#include "blocks/mamba.hpp"
#include "blocks/mamba2.hpp"
#include "blocks/recurrent.hpp"
#include "runtime/cpu.hpp"

namespace {

using namespace ondol;
using test::Doubles;

constexpr std::size_t hidden = 24;

void check_mamba(bool norms, Isa isa) {
  test::Setup setup(2, isa);
  Mamba block;
  block.shape = {.channels = 70, .states = 5, .rank = 3, .kernel = 4, .norms = norms};
  const std::size_t n = block.shape.channels;
  const test::Dense in(2 * n, hidden, 1, true);
  const test::Dense parameters(3 + 2 * 5, n, 2);
  const test::Dense step(n, 3, 3, true);
  const test::Dense output(hidden, n, 4);
  in.put(block.in, setup);
  parameters.put(block.parameters, setup);
  step.put(block.step, setup);
  output.put(block.output, setup);
  test::put(block.convolution, n, 4, 5);
  block.a = test::normal(n * 5, 6);
  for (float& a : block.a) a = -std::exp(a);
  block.d = test::normal(n, 7);
  block.step_norm = {.weight = test::normal(3, 8), .bias = {}, .eps = 0.01f};
  block.b_norm = {.weight = test::normal(5, 9), .bias = {}, .eps = 0.01f};
  block.c_norm = {.weight = test::normal(5, 10), .bias = {}, .eps = 0.01f};

  std::vector<Doubles> past;
  Doubles h(n * 5);
  test::check_block(block, hidden, setup, [&](const Doubles& row) {
    const Doubles both = in(row);
    past.emplace_back(both.begin(), both.begin() + n);
    Doubles x = test::convolved(block.convolution, past);
    for (double& v : x) v = test::silu(v);
    Doubles selected = parameters(x);
    if (norms) {
      test::rms_norm(selected.data(), 3, block.step_norm.weight, 0.01f);
      test::rms_norm(selected.data() + 3, 5, block.b_norm.weight, 0.01f);
      test::rms_norm(selected.data() + 8, 5, block.c_norm.weight, 0.01f);
    }
    const Doubles dt = step(selected);
    Doubles y(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double t = test::softplus(dt[i]);
      y[i] = block.d[i] * x[i];
      for (std::size_t s = 0; s < 5; ++s) {
        double& own = h[s * n + i];
        own = std::exp(t * block.a[s * n + i]) * own + t * selected[3 + s] * x[i];
        y[i] += selected[8 + s] * own;
      }
      y[i] *= test::silu(both[n + i]);
    }
    return output(y);
  });
}

void check_mamba2(Mamba2::Shape shape, Isa isa) {
  test::Setup setup(2, isa);
  Mamba2 block;
  block.shape = shape;
  const std::size_t width = shape.width();
  const std::size_t channels = shape.channels();
  const std::size_t shared = shape.groups * shape.states;
  const test::Dense in(width + channels + shape.heads, hidden, 1, true);
  const test::Dense output(hidden, width, 2);
  in.put(block.in, setup);
  output.put(block.output, setup);
  test::put(block.convolution, channels, shape.kernel, 3);
  block.step_bias = test::normal(shape.heads, 4);
  block.a = test::normal(shape.heads, 5);
  for (float& a : block.a) a = -std::exp(a);
  block.d = test::normal(shape.heads, 6);
  block.norm = {.weight = test::normal(width, 7), .bias = {}, .eps = 0.01f};

  std::vector<Doubles> past;
  Doubles h(width * shape.states);
  test::check_block(block, hidden, setup, [&](const Doubles& row) {
    Doubles all = in(row);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::size_t ends[] = {width, 2 * width, 2 * width + shared, 2 * width + 2 * shared, all.size()};
      all[i] *= shape.input_scales[std::size_t(std::upper_bound(ends, ends + 5, i) - ends)];
    }
    past.emplace_back(all.begin() + width, all.begin() + width + channels);
    Doubles x = test::convolved(block.convolution, past);
    for (double& v : x) v = test::silu(v);
    Doubles y(width);
    const auto normalise = [&] {
      for (std::size_t g = 0; shape.norm && g < shape.groups; ++g) {
        const std::size_t n = width / shape.groups;
        test::rms_norm(y.data() + g * n, n, block.norm.weight, 0.01f, g * n);
      }
    };
    for (std::size_t head = 0; head < shape.heads; ++head) {
      const double step = test::softplus(all[width + channels + head] + block.step_bias[head]);
      const double dt = std::min(std::max(step, shape.least_step), shape.largest_step);
      const std::size_t group = head / (shape.heads / shape.groups);
      for (std::size_t i = 0; i < shape.head_dim; ++i) {
        const std::size_t at = head * shape.head_dim + i;
        y[at] = block.d[head] * x[at];
        for (std::size_t s = 0; s < shape.states; ++s) {
          double& own = h[at * shape.states + s];
          own = std::exp(dt * block.a[head]) * own + dt * x[width + group * shape.states + s] * x[at];
          y[at] += x[width + shared + group * shape.states + s] * own;
        }
      }
    }
    if (shape.norm_before_gate) normalise();
    for (std::size_t i = 0; i < width; ++i) y[i] *= test::silu(all[i]);
    if (!shape.norm_before_gate) normalise();
    Doubles result = output(y);
    for (double& v : result) v *= shape.output_scale;
    return result;
  });
}

}  // namespace

TEST_CASE("mamba: a scan in double precision, cuts, batch mates and threads") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    check_mamba(false, isa);
    check_mamba(true, isa);
  }
}

TEST_CASE("mamba2: a recurrence in double precision, cuts, batch mates and threads") {
  const Mamba2::Shape plain{.heads = 6, .head_dim = 8, .states = 5, .groups = 2, .kernel = 4};
  Mamba2::Shape scaled{.heads = 3, .head_dim = 20, .states = 7, .groups = 1, .kernel = 2};
  scaled.input_scales = {0.9, 0.8, 1.1, 0.7, 1.2};
  scaled.output_scale = 0.6;
  scaled.norm = false;
  scaled.least_step = 0.5;
  scaled.largest_step = 1;
  Mamba2::Shape early = plain;
  early.norm_before_gate = true;
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    check_mamba2(plain, isa);
    check_mamba2(scaled, isa);
    check_mamba2(early, isa);
  }
}

TEST_CASE("state spaces: the state's size does not depend on the text (EXAMPLES T42)") {
  CHECK(Mamba::Shape{.channels = 64, .states = 8, .rank = 4, .kernel = 4}.state_size() == 64 * (3 + 8));
  CHECK(Mamba2::Shape{.heads = 8, .head_dim = 8, .states = 8, .groups = 2, .kernel = 4}.state_size() ==
        3 * (64 + 2 * 2 * 8) + 64 * 8);
}
