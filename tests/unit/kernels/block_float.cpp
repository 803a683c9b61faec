#include "kernels/block_float.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "kernels/quantised_cases.hpp"

using namespace ondol;

namespace {

/// The multiple of the 32's power of two next to each value.
std::vector<float> held(std::vector<float> values) {
  for (std::size_t begin = 0; begin < values.size(); begin += 32) {
    float largest = 0;
    for (std::size_t i = begin; i < begin + 32; ++i) largest = std::max(largest, std::fabs(values[i]));
    if (largest == 0) continue;
    const double d = std::ldexp(1.0, std::ilogb(largest) - 12);
    for (std::size_t i = begin; i < begin + 32; ++i) values[i] = float(d * std::nearbyint(values[i] / d));
  }
  return values;
}

std::vector<float> rows_of(const PackedMatrix& w) {
  std::vector<float> out(w.rows() * w.columns());
  for (std::size_t i = 0; i < w.rows(); ++i) w.unpack_row(i, out.data() + i * w.columns());
  return out;
}

test::Matrix matrix_of(const test::QuantisedFormat& kind, const std::vector<float>& values, std::size_t columns) {
  test::Matrix matrix(kind, values.size() / columns, columns, 1);
  matrix.format->pack(values.data(), nullptr, matrix.bytes.data(), values.size());
  return matrix;
}

}  // namespace

TEST_CASE("block floats: weights are held as the nearest multiples, large ones as they are") {
  for (const auto& kind : {test::half_floats, test::bfloats}) {
    CAPTURE(kind.name);
    const double exact_over = kind.name == "F16" ? 1.0 / 4 : 1.0 / 32;
    for (Isa isa : available_isas()) {
      CAPTURE(isa_name(isa));
      test::Bench bench(isa, 2);
      for (std::size_t rows : {1, 16, 37}) {
        const test::Matrix matrix(kind, rows, 96, 21);
        std::vector<std::byte> shifted(matrix.bytes.size() + 1);  // as in a file that aligns nothing
        std::copy(matrix.bytes.begin(), matrix.bytes.end(), shifted.begin() + 1);
        const WeightView view{matrix.format, rows, 96, std::span(shifted).subspan(1)};
        const PackedMatrix w(view, Precision::fast, bench.compute, bench.memory);
        CHECK(w.product() == Product::block_float);
        const auto values = matrix.values(), got = rows_of(w);
        CHECK(test::same(got, held(values)));
        for (std::size_t begin = 0; begin < values.size(); begin += 32) {
          float largest = 0;
          for (std::size_t i = begin; i < begin + 32; ++i) largest = std::max(largest, std::fabs(values[i]));
          for (std::size_t i = begin; i < begin + 32; ++i) {
            CHECK(std::fabs(got[i] - values[i]) <= largest / 8192);
            if (std::fabs(values[i]) >= exact_over * largest) CHECK(got[i] == values[i]);
          }
        }
      }
    }
  }
}

TEST_CASE("block floats: zero, subnormal, largest, infinite and NaN weights") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const auto& kind : {test::half_floats, test::bfloats}) {
    CAPTURE(kind.name);
    const float largest = kind.name == "F16" ? 65504.0f : 0x1.FEp127f;
    const float smallest = kind.name == "F16" ? 0x1p-24f : 0x1p-133f;
    auto values = test::random_floats(8 * 32, 22);
    const auto set = [&](std::size_t group, float value) { std::fill_n(values.begin() + long(group) * 32, 32, value); };
    set(0, 0.0f);
    set(1, smallest);
    set(2, largest);
    set(3, -largest);
    values[4 * 32 + 9] = infinity;
    values[5 * 32 + 9] = -infinity;
    values[6 * 32 + 31] = nan;
    const test::Matrix matrix = matrix_of(kind, values, values.size());
    for (Isa isa : available_isas()) {
      CAPTURE(isa_name(isa));
      test::Bench bench(isa);
      const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
      const auto got = rows_of(w);
      for (std::size_t i = 0; i < 32; ++i) {
        CHECK(got[i] == 0.0f);
        CHECK(got[32 + i] == (kind.name == "F16" ? smallest : 0.0f));
        CHECK(got[64 + i] == largest);
        CHECK(got[96 + i] == -largest);
        for (std::size_t group : {4, 5, 6}) CHECK(std::isnan(got[group * 32 + i]));
        CHECK(std::isfinite(got[7 * 32 + i]));
      }
    }
  }
}

TEST_CASE("block floats: products are near those of the weights") {
  constexpr std::size_t columns = 1024, outputs = 33, rows = 40;
  for (const auto& kind : {test::half_floats, test::bfloats}) {
    CAPTURE(kind.name);
    const test::Matrix matrix(kind, outputs, columns, 23);
    const auto weights = matrix.values();
    auto x = test::random_floats(rows * columns, 24);
    for (std::size_t i = 0; i < rows; i += 2) x[i * columns + 40] = 300.0f;  // as models have them
    test::Bench bench(Isa::base);
    const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
    const auto got = test::product(w, x, rows, nullptr, bench.compute);
    double squares = 0, norm = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < outputs; ++j) {
        double exact = 0;
        for (std::size_t k = 0; k < columns; ++k) exact += double(weights[j * columns + k]) * x[i * columns + k];
        const double off = got[i * (outputs + 3) + j] - exact;
        squares += off * off;
        for (std::size_t k = 0; k < columns; ++k) {
          const double term = double(weights[j * columns + k]) * x[i * columns + k];
          norm += term * term;
        }
      }
    }
    // Rounding activations to float16, as others do, makes errors of about 1.4e-4 of a term.
    CHECK(std::sqrt(squares / norm) < 1.2e-4);
  }
}

TEST_CASE("block floats: no sum overflows, whatever the levels and activations") {
  constexpr std::size_t columns = 64;
  for (const auto& kind : {test::half_floats, test::bfloats}) {
    CAPTURE(kind.name);
    const float top = kind.name == "F16" ? 8188.0f : 8160.0f;  // all bits of a mantissa
    for (float sign : {1.0f, -1.0f}) {
      const test::Matrix matrix = matrix_of(kind, std::vector<float>(16 * columns, sign * top), columns);
      for (std::size_t large : {1, 2, 8, 31, 32}) {  // of a group's activations
        CAPTURE(large);
        std::vector<float> x(columns, 0.37f);
        for (std::size_t i = 0; i < columns; ++i) {
          if (i % 32 < large) x[i] = 1.0f;
        }
        double expected = 0;
        for (const float value : x) expected += double(sign) * top * value;
        for (Isa isa : available_isas()) {
          CAPTURE(isa_name(isa));
          test::Bench bench(isa);
          const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
          const float y = test::product(w, x, 1, nullptr, bench.compute)[0];
          CHECK(std::fabs(y - expected) <= 6.2e-5 * std::fabs(expected));  // half a step, 32 times
        }
      }
    }
  }
}

TEST_CASE("block floats: only with fast precision and rows of whole groups") {
  test::Bench bench(Isa::base);
  for (const auto& kind : {test::half_floats, test::bfloats}) {
    const Format& format = *find_format(kind.name);
    for (std::size_t columns : {31, 33, 64}) {
      for (Precision precision : {Precision::fast, Precision::exact}) {
        const test::Matrix matrix(kind, 21, columns, 25);
        const PackedMatrix w(matrix.view(), precision, bench.compute, bench.memory);
        const bool blocks = precision == Precision::fast && columns == 64;
        CHECK(w.product() == (blocks ? Product::block_float : format.product));
        CHECK(w.bytes() == packed_bytes(format, 21, columns, precision));
        if (!blocks) CHECK(test::same(rows_of(w), matrix.values()));
      }
    }
  }
}
