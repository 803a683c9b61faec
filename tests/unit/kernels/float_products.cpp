#include "kernels/float_products.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "kernels/matmul.hpp"
#include "kernels/onednn/wide_product.hpp"
#include "kernels/values.hpp"

namespace {

using namespace ondol;

/// A weight matrix in a file's format, its values, and its packed form.
struct Weights {
  Weights(std::string_view name, std::size_t n, std::size_t k, test::Setup& bench, std::uint32_t seed = 7)
      : format(*find_format(name)), rows(n), columns(k), bytes(n * k / format.weights * format.bytes), values(n * k) {
    const auto wished = test::normal(n * k, seed);
    format.pack(wished.data(), nullptr, bytes.data(), n * k / format.weights);
    format.unpack(bytes.data(), values.data(), n * k / format.weights);
    product = format.product == Product::f16 || format.product == Product::bf16 ? format.product : Product::f32;
    packed.resize(float_packed_bytes(product, n, k));
    pack_float({&format, n, k, bytes}, product, packed.data(), bench.compute);
  }

  std::vector<float> times(const std::vector<float>& x, const float* bias, test::Setup& bench) const {
    const std::size_t m = x.size() / columns;
    const std::size_t stride = rows + 3;
    std::vector<float> out(m * stride, 42.0f);
    const Activations activations(x.data(), m, columns, columns);
    const FloatProduct all{product, packed.data(), rows, columns, &activations, bias, out.data(), stride};
    multiply_float({&all, 1}, bench.compute);
    return out;
  }

  const Format& format;
  std::size_t rows, columns;
  Product product;
  std::vector<std::byte> bytes;
  std::vector<float> values;
  std::vector<std::byte> packed;
};

/// The order of sums that the header promises, by plain loops.
std::vector<float> promised(const Weights& w, const std::vector<float>& x, const float* bias) {
  const std::size_t m = x.size() / w.columns;
  std::vector<float> out(m * (w.rows + 3), 42.0f);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < w.rows; ++j) {
      float total = 0;
      for (std::size_t k0 = 0; k0 < w.columns; k0 += 256) {
        float sum = 0;
        for (std::size_t k = k0; k < std::min(k0 + 256, w.columns); ++k) {
          sum = std::fma(x[i * w.columns + k], w.values[j * w.columns + k], sum);
        }
        total = k0 == 0 ? sum : total + sum;
      }
      out[i * (w.rows + 3) + j] = bias ? total + bias[j] : total;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("float products: the promised bits for every type, shape, number of rows and instruction set") {
  struct Shape {
    std::size_t n, k;
  };
  for (const Isa isa : available_isas()) {
    for (const Shape shape :
         {Shape{1, 1}, Shape{5, 64}, Shape{16, 172}, Shape{96, 256}, Shape{97, 257}, Shape{200, 300}}) {
      for (const std::string_view name : {"F32", "F16", "BF16"}) {
        CAPTURE(isa_name(isa));
        CAPTURE(name);
        CAPTURE(shape.n);
        CAPTURE(shape.k);
        test::Setup bench(2, isa);
        const Weights w(name, shape.n, shape.k, bench);
        const auto bias = test::normal(shape.n, 9);
        const auto all = test::normal(100 * shape.k, 8);
        const auto expected = promised(w, all, bias.data());
        for (const std::size_t m : {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 47, 48, 49, 100}) {
          CAPTURE(m);
          const std::vector<float> x(all.begin(), all.begin() + m * shape.k);
          const auto out = w.times(x, bias.data(), bench);  // columns beyond n included: they must stay
          CHECK(test::same(out, {expected.begin(), expected.begin() + out.size()}));
        }
        CHECK(test::same(w.times(all, nullptr, bench), promised(w, all, nullptr)));
      }
    }
  }
}

TEST_CASE("float products: more rows than a task takes, on 1, 2 and 4 threads") {
  test::Setup first(1, available_isas().back());
  const Weights w("F16", 200, 320, first);
  const auto x = test::normal(530 * 320, 8);
  const auto expected = w.times(x, nullptr, first);
  for (const int threads : {2, 4}) {
    test::Setup bench(threads, available_isas().back());
    CHECK(test::same(w.times(x, nullptr, bench), expected));
  }
  const std::vector<float> last(x.end() - 320, x.end());
  CHECK(test::same(w.times(last, nullptr, first), {expected.end() - 203, expected.end()}));
}

TEST_CASE("float products: quantised formats by their values, rows unpacked bit for bit") {
  for (const Format* format : formats()) {
    if (!format->pack) continue;
    CAPTURE(format->name);
    test::Setup bench(2, available_isas().back());
    const Weights w(format->name, 37, 512, bench);
    const auto x = test::normal(3 * 512, 8);
    CHECK(test::same(w.times(x, nullptr, bench), promised(w, x, nullptr)));
    std::vector<float> row(512);
    for (const std::size_t i : {0, 15, 16, 36}) {
      unpack_float_row(w.product, w.packed.data(), i, 512, row.data());
      CHECK(test::same(row, {w.values.begin() + i * 512, w.values.begin() + (i + 1) * 512}));
    }
  }
}

TEST_CASE("float products: NaN and infinity stay in their row and column") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    test::Setup bench(1, isa);
    const Weights w("F32", 96, 64, bench);
    auto x = test::normal(60 * 64, 8);
    const auto clean = w.times(x, nullptr, bench);
    x[5 * 64 + 7] = NAN;
    const auto out = w.times(x, nullptr, bench);
    for (std::size_t i = 0; i < 60; ++i) {
      for (std::size_t j = 0; j < 96; ++j)
        CHECK((i == 5 ? std::isnan(out[i * 99 + j]) : out[i * 99 + j] == clean[i * 99 + j]));
    }
  }
}

TEST_CASE("oneDNN: runs on the calling thread, and is refused where it sums in another order") {
  CHECK(onednn::one_thread_a_call());
  static bool broken = false;
  static const auto honest = kernels(available_isas().back()).float_products->multiply[0];
  FloatKernels bodies = *kernels(available_isas().back()).float_products;
  bodies.multiply[0] = [](const FloatTask& t) noexcept {
    honest(t);
    if (broken) t.out[0] = std::nextafter(t.out[0], 1e9f);
  };
  broken = true;
  CHECK(!onednn::wide_product(211, bodies));  // a length of its own: verdicts last
  broken = false;
  CHECK(!onednn::wide_product(211, bodies));
}
