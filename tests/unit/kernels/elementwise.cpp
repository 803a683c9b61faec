#include "kernels/elementwise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/half.hpp"
#include "kernels/values.hpp"

namespace {

using namespace ondol;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
const std::size_t lengths[] = {1, 2, 7, 15, 16, 17, 31, 48, 64, 100, 576, 1000};

const ElementwiseKernels& of(Isa isa) { return *kernels(isa).elementwise; }

/// exp(x) as the kernels compute it: a sum of one.
float exponential(Isa isa, float x) { return static_cast<float>(of(isa).sum_exp(&x, 0.0f, 1)); }

/// Distance in units in the last place of `exact`.
double ulps(float found, double exact) {
  const float nearest = static_cast<float>(exact);
  const double unit = std::max(std::ldexp(1.0, std::ilogb(nearest) - 23), 0x1p-149);
  return std::abs(found - exact) / unit;
}

}  // namespace

TEST_CASE("elementwise: exp is at most 2 units off from underflow to overflow") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    double worst = 0;
    for (float x = -103.9f; x < 88.72f; x += 0.00371f)
      worst = std::max(worst, ulps(exponential(isa, x), std::exp(double(x))));
    CHECK(worst <= 2.0);
    CHECK(exponential(isa, 0.0f) == 1.0f);
    CHECK(exponential(isa, -infinity) == 0.0f);
    CHECK(exponential(isa, -1e30f) == 0.0f);
    CHECK(exponential(isa, -104.5f) == 0.0f);
    CHECK(exponential(isa, infinity) == infinity);
    CHECK(exponential(isa, 88.73f) == infinity);
    CHECK(exponential(isa, 88.72f) < infinity);
    CHECK(std::isnan(exponential(isa, not_a_number)));
  }
}

TEST_CASE("elementwise: the same bits as base on every instruction set, for every length") {
  const ElementwiseKernels& base = of(Isa::base);
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    const ElementwiseKernels& own = of(isa);
    for (const std::size_t n : lengths) {
      CAPTURE(n);
      const auto x = test::normal(2 * n, 1, 20.0f);
      const auto y = test::normal(2 * n, 2);
      const auto z = test::normal(2 * n, 3);
      const auto run = [&](auto body) {  // what lies behind the end must stay
        std::vector<float> out = x;
        out.push_back(42.0f);
        body(out.data());
        CHECK(out.back() == 42.0f);
        return out;
      };
      const auto compare = [&](auto body) {
        CHECK(test::same(run([&](float* out) { body(own, out); }), run([&](float* out) { body(base, out); })));
      };
      compare([&](const auto& k, float* out) { k.rms_norm(x.data(), y.data(), 1e-5f, n, out); });
      compare([&](const auto& k, float* out) { k.rms_norm(out, y.data(), 1e-5f, n, out); });
      compare([&](const auto& k, float* out) { k.add(out, y.data(), n); });
      compare([&](const auto& k, float* out) { k.silu_multiply(out, y.data(), n); });
      compare([&](const auto& k, float* out) { k.rotate_neighbours(out, y.data(), z.data(), n); });
      compare([&](const auto& k, float* out) { k.rotate_halves(out, y.data(), z.data(), n); });
      CHECK(own.maximum(x.data(), n) == base.maximum(x.data(), n));
      CHECK(own.sum_exp(x.data(), 30.0f, n) == base.sum_exp(x.data(), 30.0f, n));
    }
  }
}

TEST_CASE("elementwise: the values are those of the formulas") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    const ElementwiseKernels& k = of(isa);
    const std::size_t n = 100;
    const auto x = test::normal(n, 4, 3.0f);
    const auto w = test::normal(n, 5);
    std::vector<float> y(n);

    double squares = 0;
    for (const float v : x) squares += double(v) * v;
    k.rms_norm(x.data(), w.data(), 1e-5f, n, y.data());
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(y[i] == doctest::Approx(x[i] / std::sqrt(squares / n + 1e-5) * w[i]).epsilon(1e-6));
    }

    y = x;
    k.add(y.data(), w.data(), n);
    for (std::size_t i = 0; i < n; ++i) CHECK(y[i] == x[i] + w[i]);

    y = x;
    k.silu_multiply(y.data(), w.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(y[i] == doctest::Approx(x[i] / (1 + std::exp(-double(x[i]))) * w[i]).epsilon(1e-6));
    }

    std::vector<float> cosine(n / 2);
    std::vector<float> sine(n / 2);
    for (std::size_t i = 0; i < n / 2; ++i) cosine[i] = std::cos(0.3f * i), sine[i] = std::sin(0.3f * i);
    const auto check_rotated = [&](std::size_t i, std::size_t a, std::size_t b) {
      CHECK(y[a] == doctest::Approx(double(x[a]) * cosine[i] - double(x[b]) * sine[i]).epsilon(1e-5));
      CHECK(y[b] == doctest::Approx(double(x[a]) * sine[i] + double(x[b]) * cosine[i]).epsilon(1e-5));
    };
    y = x;
    k.rotate_neighbours(y.data(), cosine.data(), sine.data(), n / 2);
    for (std::size_t i = 0; i < n / 2; ++i) check_rotated(i, 2 * i, 2 * i + 1);
    y = x;
    k.rotate_halves(y.data(), cosine.data(), sine.data(), n / 2);
    for (std::size_t i = 0; i < n / 2; ++i) check_rotated(i, i, i + n / 2);

    double sum = 0;
    for (const float v : x) sum += std::exp(double(v) - 2);
    CHECK(k.sum_exp(x.data(), 2.0f, n) == doctest::Approx(sum).epsilon(1e-6));
    CHECK(k.sum_exp(x.data(), 2.0f, 0) == 0.0);
  }
}

TEST_CASE("elementwise: the maximum sees every place, infinities and NaN") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    const ElementwiseKernels& k = of(isa);
    CHECK(k.maximum(nullptr, 0) == -infinity);
    for (const std::size_t n : lengths) {
      std::vector<float> x(n, -3.0f);
      CHECK(k.maximum(x.data(), n) == -3.0f);
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = -1.0f;
        CHECK(k.maximum(x.data(), n) == -1.0f);
        x[i] = not_a_number;
        CHECK(std::isnan(k.maximum(x.data(), n)));
        x[i] = -infinity;
        CHECK(k.maximum(x.data(), n) == (n == 1 ? -infinity : -3.0f));
        x[i] = -3.0f;
      }
    }
  }
}

TEST_CASE("elementwise: conversions agree with the plain ones on every pattern") {
  std::vector<std::uint16_t> patterns(65536);
  for (std::size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<std::uint16_t>(i);
  std::vector<float> floats;  // each half's neighbourhood, so that ties, subnormals and overflow occur; both signs
  for (std::uint32_t i = 0; i < 65536; ++i) {
    for (const float middle : {half_to_float(std::uint16_t(i)), bfloat_to_float(std::uint16_t(i))}) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &middle, 4);
      for (const std::uint32_t d : {0u, 1u, 0xFFFu, 0x1000u, 0x1001u, 0x7FFFu, 0x8000u, 0x8001u}) {
        const std::uint32_t other = bits + d;
        float value = 0;
        std::memcpy(&value, &other, 4);
        floats.push_back(value);
      }
    }
  }
  floats.pop_back();  // a tail
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    const ElementwiseKernels& k = of(isa);
    std::vector<float> wide(patterns.size());
    std::size_t wrong = 0;
    k.from_half(patterns.data(), wide.data(), wide.size());
    for (std::size_t i = 0; i < wide.size(); ++i) wrong += !test::same(wide[i], half_to_float(patterns[i]));
    k.from_bfloat(patterns.data(), wide.data(), wide.size());
    for (std::size_t i = 0; i < wide.size(); ++i) wrong += !test::same(wide[i], bfloat_to_float(patterns[i]));
    CHECK(wrong == 0);

    std::vector<std::uint16_t> narrow(floats.size());
    const auto is_nan = [](float x) { return std::isnan(x); };
    k.to_half(floats.data(), narrow.data(), narrow.size());
    for (std::size_t i = 0; i < narrow.size(); ++i) {
      wrong += is_nan(floats[i]) ? !is_nan(half_to_float(narrow[i])) : narrow[i] != float_to_half(floats[i]);
    }
    CHECK(wrong == 0);
    k.to_bfloat(floats.data(), narrow.data(), narrow.size());
    for (std::size_t i = 0; i < narrow.size(); ++i) {
      wrong += is_nan(floats[i]) ? !is_nan(bfloat_to_float(narrow[i])) : narrow[i] != float_to_bfloat(floats[i]);
    }
    CHECK(wrong == 0);
    for (std::size_t n : {1, 15, 16, 17}) {
      std::vector<std::uint16_t> some(n + 1, 0x5555);
      k.to_half(floats.data() + 1, some.data(), n);
      for (std::size_t i = 0; i < n; ++i) wrong += some[i] != narrow[i + 1] && some[i] != float_to_half(floats[i + 1]);
      CHECK(some[n] == 0x5555);
    }
    CHECK(wrong == 0);
  }
}
