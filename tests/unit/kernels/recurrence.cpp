#include "kernels/recurrence.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/elementwise.hpp"
#include "kernels/values.hpp"

namespace {

using namespace ondol;
using Values = std::vector<float>;

const RecurrenceKernels& of(Isa isa) { return *kernels(isa).recurrence; }

/// A selective scan of `rows` rows over `channels` channels and its results.
struct Scan {
  std::size_t rows, channels, states;
  Values x, dt, b, c, a, d, state, y;

  Scan(std::size_t its_rows, std::size_t its_channels, std::size_t its_states)
      : rows(its_rows),
        channels(its_channels),
        states(its_states),
        x(test::normal(rows * channels, 1)),
        dt(test::normal(rows * channels, 2)),
        b(test::normal(rows * states, 3)),
        c(test::normal(rows * states, 4)),
        a(test::normal(states * channels, 5)),
        d(test::normal(channels, 6)),
        state(test::normal(states * channels, 7)),
        y(rows * channels) {
    for (float& v : dt) v = std::abs(v);
    for (float& v : a) v = -std::abs(v) - 0.1f;
  }
  void run(const RecurrenceKernels& k, std::size_t first, std::size_t end) {
    k.selective_scan({.rows = end - first,
                      .channels = channels,
                      .states = states,
                      .stride = channels,
                      .x = x.data() + first * channels,
                      .dt = dt.data() + first * channels,
                      .b = b.data() + first * states,
                      .c = c.data() + first * states,
                      .matrix_stride = states,
                      .a = a.data(),
                      .d = d.data(),
                      .state = state.data(),
                      .y = y.data() + first * channels});
  }
};

}  // namespace

TEST_CASE("recurrence: a state-space step by hand (EXAMPLES T42)") {
  for (const Isa isa : available_isas()) {
    Scan scan(3, 1, 1);
    scan.dt = {0.5f, 1, 0.1f};
    scan.b = {1, 0.5f, 1};
    scan.c = {2, 1, -1};
    scan.x = {1, 2, 3};
    scan.a = {-1};
    scan.d = {0.5f};
    scan.state = {0};
    Scan cut = scan;
    const double h[] = {0.5, 1.18394, 1.371273};
    const double y[] = {1.5, 2.18394, 0.128727};
    for (std::size_t i = 0; i < 3; ++i) {
      scan.run(of(isa), i, i + 1);
      CHECK(std::abs(scan.state[0] - h[i]) <= 1e-6);
      CHECK(std::abs(scan.y[i] - y[i]) <= 1e-6);
    }
    cut.run(of(isa), 0, 2);
    cut.run(of(isa), 2, 3);
    CHECK(test::same(cut.y, scan.y));
    CHECK(test::same(cut.state, scan.state));
  }
}

TEST_CASE("recurrence: the same bits as base on every instruction set, for every length and cut") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    for (const std::size_t n : {1, 7, 16, 17, 48, 100}) {
      CAPTURE(n);
      Scan own(9, n, 5);
      Scan base = own;
      own.run(of(isa), 0, 4);
      own.run(of(isa), 4, 9);
      base.run(of(Isa::base), 0, 9);
      CHECK(test::same(own.y, base.y));
      CHECK(test::same(own.state, base.state));

      const auto a = test::normal(4 * n, 11);
      const auto b = test::normal(4 * n, 12);
      const auto c = test::normal(n, 13);
      const auto compare = [&](auto body) {  // body(kernels, out [8 n]); what lies behind must stay
        const auto run = [&](Isa which) {
          Values out = test::normal(8 * n, 14);
          out.push_back(42.0f);
          body(of(which), out.data());
          CHECK(out.back() == 42.0f);
          return out;
        };
        CHECK(test::same(run(isa), run(Isa::base)));
      };
      const float* inputs[] = {a.data(), a.data() + n, a.data() + 2 * n, a.data() + 3 * n};
      compare([&](const auto& k, float* out) { k.convolve(inputs, 4, b.data(), n, c.data(), n, out + 7 * n); });
      compare([&](const auto& k, float* out) { k.convolve(inputs, 3, b.data(), n, nullptr, n, out + 7 * n); });
      compare([&](const auto& k, float* out) {
        k.update_state(out, 4, n, 0.9f, a.data(), c.data(), b.data(), out + 7 * n);
      });
      compare([&](const auto& k, float* out) { k.read_state(a.data(), 4, n, b.data(), out + 7 * n); });
      compare([&](const auto& k, float* out) {
        k.weighted_mean(a.data(), b.data(), a.data() + n, b.data() + n, out, out + n, out + 2 * n, n, out + 7 * n);
      });
    }
  }
}

TEST_CASE("recurrence: the values are those of the formulas") {
  const std::size_t n = 37;
  const auto near = [](double exact) { return doctest::Approx(exact).epsilon(2e-6).scale(1); };
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    const RecurrenceKernels& k = of(isa);
    Values out(n);

    Scan scan(6, n, 4);
    std::vector<double> h(scan.state.begin(), scan.state.end());
    scan.run(k, 0, 6);
    for (std::size_t row = 0; row < 6; ++row) {
      for (std::size_t i = 0; i < n; ++i) {
        const double dt = scan.dt[row * n + i];
        const double x = scan.x[row * n + i];
        double y = scan.d[i] * x;
        for (std::size_t s = 0; s < 4; ++s) {
          double& own = h[s * n + i];
          own = std::exp(dt * scan.a[s * n + i]) * own + dt * scan.b[row * 4 + s] * x;
          y += scan.c[row * 4 + s] * own;
        }
        CHECK(scan.y[row * n + i] == near(y));
      }
    }

    const auto w = test::normal(3 * n, 1);
    const auto x = test::normal(3 * n, 2);
    const auto bias = test::normal(n, 3);
    const float* inputs[] = {x.data(), x.data() + n, x.data() + 2 * n};
    k.convolve(inputs, 3, w.data(), n, bias.data(), n, out.data());
    for (std::size_t i = 0; i < n; ++i) {
      double sum = bias[i];
      for (std::size_t j = 0; j < 3; ++j) sum += double(w[j * n + i]) * x[j * n + i];
      CHECK(out[i] == near(sum));
    }

    Values state = test::normal(5 * n, 4);
    const auto key = test::normal(5, 5);
    const auto query = test::normal(5, 6);
    k.read_state(state.data(), 5, n, key.data(), out.data());
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t s = 0; s < 5; ++s) sum += double(key[s]) * state[s * n + i];
      CHECK(out[i] == near(sum));
    }
    const Values before = state;
    k.update_state(state.data(), 5, n, 0.75f, key.data(), x.data(), query.data(), out.data());
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t s = 0; s < 5; ++s) {
        const double next = 0.75 * before[s * n + i] + double(key[s]) * x[i];
        CHECK(state[s * n + i] == near(next));
        sum += query[s] * next;
      }
      CHECK(out[i] == near(sum));
    }
  }
}

TEST_CASE("recurrence: a weighted mean of exponentials that no float holds") {
  for (const Isa isa : available_isas()) {
    const float first[] = {0.5f};
    const float decay[] = {-0.25f};
    float values[] = {0};
    float weights[] = {0};
    float largest[] = {-1e38f};
    const double k[] = {-300, -302, 500, 499, -1000};
    const double v[] = {3, -1, 2, 7, 100};
    for (std::size_t t = 0; t < 5; ++t) {
      // In the reference all exponents are taken relative to the largest of the sum.
      double most = k[t] + first[0];
      for (std::size_t s = 0; s < t; ++s) most = std::max(most, k[s] + double(t - 1 - s) * decay[0]);
      double top = std::exp(k[t] + first[0] - most) * v[t];
      double bottom = std::exp(k[t] + first[0] - most);
      for (std::size_t s = 0; s < t; ++s) {
        const double weight = std::exp(k[s] + double(t - 1 - s) * decay[0] - most);
        top += weight * v[s];
        bottom += weight;
      }
      const auto key = static_cast<float>(k[t]);
      const auto value = static_cast<float>(v[t]);
      float out = 0;
      of(isa).weighted_mean(&key, &value, first, decay, values, weights, largest, 1, &out);
      CHECK(out == doctest::Approx(top / bottom).epsilon(1e-5));
    }
  }
}

TEST_CASE("recurrence: softplus from underflow to where it is x") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    double worst = 0;
    for (float x = -80.0f; x < 80.0f; x += 0.0037f) {
      float y = x;
      kernels(isa).elementwise->activate(Activation::softplus, &y, 1);
      const double exact = x > 0 ? x + std::log1p(std::exp(-double(x))) : std::log1p(std::exp(double(x)));
      worst = std::max(worst, std::abs(y - exact) / exact);
    }
    CHECK(worst < 5e-7);
    float nan = std::numeric_limits<float>::quiet_NaN();
    kernels(isa).elementwise->activate(Activation::softplus, &nan, 1);
    CHECK(std::isnan(nan));
  }
}
