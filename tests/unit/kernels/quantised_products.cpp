#include "kernels/quantised_products.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "kernels/quantised_cases.hpp"
#include "kernels/quantised_layout.hpp"

using namespace ondol;

namespace {

constexpr Rounding roundings[] = {Rounding::coarse, Rounding::fine};

/// Where activation i of a group lies in it.
template <class Integer>
constexpr std::size_t place(std::size_t i) {
  return sizeof(Integer) == 1 ? i : std::size_t(word_place(int(i)));
}

const RoundedKernels& rounded_kernels(const Kernels& k, Rounding rounding) {
  return k.quantised->by_rounding[std::size_t(rounding)];
}

template <Rounding rounding>
using IntegerOf = std::conditional_t<rounding == Rounding::coarse, std::int8_t, std::int16_t>;

/// One row's groups, as a tile of one row, and their rests.
template <Rounding rounding, class Integer = IntegerOf<rounding>>
std::vector<ActivationGroup<Integer>> groups_of(const float* x, std::size_t groups, const Kernels& k) {
  const RoundedKernels& own = rounded_kernels(k, rounding);
  std::vector<ActivationGroup<Integer>> out(groups * own.group_bytes / sizeof(ActivationGroup<Integer>));
  own.quantise(x, 0, 1, groups, out.data());
  return out;
}

/// The rows' rounded form as values.
template <Rounding rounding, class Integer = IntegerOf<rounding>>
std::vector<double> rounded(const std::vector<float>& x, std::size_t rows, std::size_t columns, const Kernels& k) {
  std::vector<double> out(x.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const auto groups = groups_of<rounding>(x.data() + row * columns, columns / 32, k);
    for (std::size_t c = 0; c < columns; ++c) {
      const auto& group = groups[c / 32];
      out[row * columns + c] = double(group.scale) * group.q[place<Integer>(c % 32)];
      if (group.has_rest) {
        const auto& rest = groups[columns / 32 + c / 32];
        out[row * columns + c] += double(rest.scale) * rest.q[place<Integer>(c % 32)];
      }
    }
  }
  return out;
}

/// Whether products of the format with 8-bit activations have 8 bits.
bool has_coarse(const test::QuantisedFormat& kind) {
  return rounded_kernels(kernels(Isa::base), Rounding::coarse).multiply[std::size_t(find_format(kind.name)->product)] !=
         nullptr;
}

}  // namespace

TEST_CASE("quantised products: every instruction set gives base's bits, for any number of rows and threads") {
  for (const auto& kind : test::integer_formats()) {
    CAPTURE(kind.name);
    for (std::size_t columns : test::ragged_columns(*find_format(kind.name))) {
      CAPTURE(columns);
      for (std::size_t outputs : {1, 16, 37, 150}) {
        CAPTURE(outputs);
        const test::Matrix matrix(kind, outputs, columns, unsigned(columns + outputs));
        constexpr std::size_t most = 200;
        const auto x = test::random_floats(most * columns, 7);
        const auto bias = test::random_floats(outputs, 8);
        test::Bench base(Isa::base);
        const PackedMatrix reference(matrix.view(), Precision::fast, base.compute, base.memory);
        for (Rounding rounding : roundings) {
          CAPTURE(int(rounding));
          const auto expected = test::product(reference, x, most, bias.data(), base.compute, rounding);
          for (Isa isa : available_isas()) {
            CAPTURE(isa_name(isa));
            for (int threads : {1, 2, 4}) {
              CAPTURE(threads);
              test::Bench bench(isa, threads);
              const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
              for (std::size_t rows : {1, 2, 3, 5, 8, 13, 17, 26, 64, 97, 200}) {
                if (isa == Isa::base && rows > 5) continue;
                CAPTURE(rows);
                const auto got = test::product(w, x, rows, bias.data(), bench.compute, rounding);
                const std::vector<float> first(expected.begin(), expected.begin() + std::ptrdiff_t(got.size()));
                REQUIRE(test::same(got, first));
              }
            }
          }
        }
      }
    }
  }
}

TEST_CASE("quantised products: the formula, against double sums over the rounded activations") {
  for (const auto& kind : test::integer_formats()) {
    CAPTURE(kind.name);
    const std::size_t columns = 1024, outputs = 33, rows = 60;
    const test::Matrix matrix(kind, outputs, columns, 3);
    const auto x = test::random_floats(rows * columns, 4);
    test::Bench bench(Isa::base);
    const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
    const bool blocks = w.product() == Product::block_float;
    std::vector<float> weights(outputs * columns);  // as they are held
    for (std::size_t j = 0; j < outputs; ++j) w.unpack_row(j, weights.data() + j * columns);
    if (!blocks) CHECK(test::same(weights, matrix.values()));
    for (Rounding rounding : roundings) {
      CAPTURE(int(rounding));
      const bool eight = rounding == Rounding::coarse && has_coarse(kind);
      const auto q = eight    ? rounded<Rounding::coarse>(x, rows, columns, kernels(Isa::base))
                     : blocks ? rounded<Rounding::middle>(x, rows, columns, kernels(Isa::base))
                              : rounded<Rounding::fine>(x, rows, columns, kernels(Isa::base));
      const auto got = test::product(w, x, rows, nullptr, bench.compute, rounding);
      double squares = 0, spread = 0;
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < outputs; ++j) {
          double sum = 0, magnitude = 0, exact = 0, variance = 0;
          for (std::size_t k = 0; k < columns; ++k) {
            const double weight = weights[j * columns + k];
            sum += weight * q[i * columns + k];
            magnitude += std::fabs(weight * q[i * columns + k]);
            exact += weight * x[i * columns + k];
            float largest = 0, total = 0;
            for (std::size_t n = k / 32 * 32; n < k / 32 * 32 + 32; ++n) {
              largest = std::max(largest, std::fabs(x[i * columns + n]));
              total += std::fabs(x[i * columns + n]);
            }
            const float step =
                blocks ? std::max(largest / 32767, total / float(largest_middle_sum)) : largest / (eight ? 127 : 32767);
            variance += weight * weight * double(step) * double(step) / 12;
          }
          const double y = got[i * (outputs + 3) + j];
          CHECK(std::fabs(y - sum) <= 2e-6 * magnitude);
          squares += (y - exact) * (y - exact);
          spread += variance;
        }
      }
      // Rounding to a step gives errors of step / sqrt(12); rows enough average well.
      CHECK(squares > 0.6 * spread);
      CHECK(squares < 1.6 * spread);
    }
  }
}

TEST_CASE("quantised products: groups that stand out have a rest, which leaves nothing of their error") {
  const Kernels& base = kernels(Isa::base);
  constexpr std::size_t columns = 20 * 32, groups = columns / 32, outputs = 40, rows = 30;
  auto x = test::random_floats(rows * columns, 11);
  for (std::size_t row = 0; row < rows; row += 3) {  // the others of a tile have none
    x[row * columns + 3 * 32 + 5] = row % 2 ? 400.0f : -400.0f;
  }
  const auto plain = groups_of<Rounding::coarse>(x.data() + columns, groups, base);
  const auto with_rest = groups_of<Rounding::coarse>(x.data(), groups, base);
  for (std::size_t i = 0; i < groups; ++i) {
    CHECK(plain[i].has_rest == 0);
    CHECK(with_rest[i].has_rest == (i == 3));
  }
  CHECK(with_rest[groups + 3].scale * 127 <= 0.5f * with_rest[3].scale);
  const auto values = rounded<Rounding::coarse>(x, rows, columns, base);
  for (std::size_t i = 0; i < rows * columns; ++i) {
    const bool stands_out = i / columns % 3 == 0 && i % columns / 32 == 3;
    CHECK(std::fabs(values[i] - x[i]) <= (stands_out ? 400.0 / 127 / 254 : 5.0 / 254));
  }
  for (const auto& kind : test::quantised_formats) {
    if (!has_coarse(kind) || columns % find_format(kind.name)->weights) continue;
    CAPTURE(kind.name);
    const test::Matrix matrix(kind, outputs, columns, 12);
    test::Bench one(Isa::base);
    const PackedMatrix reference(matrix.view(), Precision::fast, one.compute, one.memory);
    const auto expected = test::product(reference, x, rows, nullptr, one.compute, Rounding::coarse);
    for (Isa isa : available_isas()) {
      CAPTURE(isa_name(isa));
      test::Bench bench(isa);
      const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
      REQUIRE(test::same(test::product(w, x, rows, nullptr, bench.compute, Rounding::coarse), expected));
      for (std::size_t row = 0; row < rows; ++row) {  // whoever its mates are
        const std::vector<float> alone(x.begin() + std::ptrdiff_t(row * columns),
                                       x.begin() + std::ptrdiff_t((row + 1) * columns));
        const auto got = test::product(w, alone, 1, nullptr, bench.compute, Rounding::coarse);
        const auto from = expected.begin() + std::ptrdiff_t(row * (outputs + 3));
        REQUIRE(test::same(got, {from, from + std::ptrdiff_t(outputs + 3)}));
      }
    }
  }
}

TEST_CASE("quantised products: no sum saturates, whatever the levels and activations") {
  for (const auto& kind : test::quantised_formats) {
    CAPTURE(kind.name);
    const std::size_t columns = 512, outputs = 16;
    for (unsigned fill : {0x00u, 0xFFu, 0x80u, 0x7Fu, 0x0Fu, 0xF0u}) {
      CAPTURE(fill);
      test::Matrix matrix(kind, outputs, columns, 5);
      for (std::byte& b : matrix.bytes) b = std::byte(fill);
      for (std::size_t block = 0; block < matrix.bytes.size(); block += matrix.format->bytes) {
        for (std::size_t at : kind.halves) matrix.set_half(block + at, 1.0f);
      }
      const auto weights = matrix.values();
      for (int pattern = 0; pattern < 4; ++pattern) {
        std::vector<float> x(columns);
        for (std::size_t i = 0; i < columns; ++i) {
          x[i] = (pattern == 0 || (pattern == 2 && i % 2) || (pattern == 3 && i % 64 < 32)) ? 127.0f : -127.0f;
        }
        double expected = 0, magnitude = 0;
        for (std::size_t i = 0; i < columns; ++i) {
          expected += double(weights[i]) * x[i];
          magnitude += std::fabs(double(weights[i]) * x[i]);
        }
        for (Isa isa : available_isas()) {
          CAPTURE(isa_name(isa));
          test::Bench bench(isa);
          const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
          for (Rounding rounding : roundings) {
            const float y = test::product(w, x, 1, nullptr, bench.compute, rounding)[0];
            CHECK(std::fabs(y - expected) <= 2e-6 * magnitude);
          }
        }
      }
    }
  }
}

TEST_CASE("quantised products: activations that no number can scale") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const auto& kind : test::integer_formats()) {
    CAPTURE(kind.name);
    const std::size_t columns = 512, outputs = 20, rows = 20;
    const test::Matrix matrix(kind, outputs, columns, 6);
    const auto clean = test::random_floats(rows * columns, 9);
    for (Isa isa : available_isas()) {
      CAPTURE(isa_name(isa));
      test::Bench bench(isa);
      const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
      for (Rounding rounding : roundings) {
        const auto before = test::product(w, clean, rows, nullptr, bench.compute, rounding);
        for (float odd : {nan, -nan, infinity, -infinity}) {
          auto x = clean;
          x[3 * columns + 77] = odd;
          const auto after = test::product(w, x, rows, nullptr, bench.compute, rounding);
          for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < outputs; ++j) {
              const std::size_t at = i * (outputs + 3) + j;
              if (i == 3) {
                CHECK(std::isnan(after[at]));
              } else {
                CHECK(after[at] == before[at]);
              }
            }
          }
        }
        const auto product_of = [&](float value) {
          return test::product(w, std::vector<float>(columns, value), 1, nullptr, bench.compute, rounding)[0];
        };
        CHECK(product_of(0.0f) == 0.0f);
        CHECK(product_of(-0.0f) == 0.0f);
        CHECK(product_of(1e-40f) == 0.0f);
        CHECK(product_of(std::nextafter(least_activation, 0.0f)) == 0.0f);
        const double one = product_of(1.0f);
        CHECK(product_of(0x1p-100f) == doctest::Approx(one * 0x1p-100).epsilon(1e-4));
        CHECK(product_of(0x1p100f) == doctest::Approx(one * 0x1p100).epsilon(1e-4));
        CHECK(std::isfinite(product_of(least_activation)));
      }
    }
  }
}

template <Rounding value>
using As = std::integral_constant<Rounding, value>;

TEST_CASE_TEMPLATE("quantised activations: each instruction set rounds as base does", T, As<Rounding::coarse>,
                   As<Rounding::middle>, As<Rounding::fine>) {
  constexpr Rounding rounding = T::value;
  using Integer = IntegerOf<rounding>;
  constexpr std::size_t groups = 40;
  constexpr float most = sizeof(Integer) == 1 ? 127.0f : 32767.0f;
  auto x = test::random_floats(groups * 32, 10);
  for (std::size_t i = 0; i < 32; ++i) {
    x[i] = float(i) - 0.5f;                       // ties
    x[32 + i] = 127.0f * (i % 2 ? 1.0f : -1.0f);  // the ends
    x[64 + i] = std::ldexp(x[64 + i], -109);
    x[96 + i] = std::ldexp(x[96 + i], 125);
    x[128 + i] = std::ldexp(x[128 + i], -125);
    x[160 + i] = 0.0f;
  }
  x[31] = most;
  x[192 + 5] = std::numeric_limits<float>::infinity();
  const auto expected = groups_of<rounding>(x.data(), groups, kernels(Isa::base));
  const auto first = [&](std::size_t i) { return float(expected[0].q[place<Integer>(i)]); };
  CHECK(first(0) == 0);  // -0.5, 0.5, 1.5, 2.5, 3.5: to even
  CHECK(first(1) == 0);
  CHECK(first(2) == 2);
  CHECK(first(3) == 2);
  CHECK(first(4) == 4);
  CHECK(first(31) == most);
  // The second group's magnitudes are all the same, and so many that `middle` takes a coarser step.
  CHECK(std::fabs(float(expected[1].q[0]) + (rounding == Rounding::middle ? largest_middle_sum / 32.0f : most)) <=
        0.5f);
  CHECK(expected[4].scale == 0.0f);
  CHECK(std::isnan(expected[6].scale));
  for (std::size_t i = 0; i < groups; ++i) {
    const auto& a = expected[i];
    if (std::isnan(a.scale)) continue;
    std::int32_t sums[3] = {}, magnitudes = 0;
    for (std::size_t k = 0; k < 32; ++k) {
      const int q = a.q[place<Integer>(k)];
      CHECK(std::fabs(double(a.scale) * q - x[32 * i + k]) <= 0.501 * a.scale + double(a.scale == 0) * 1e-30);
      magnitudes += std::abs(q);
      sums[0] += q;
      sums[1 + k / 16] += q;
    }
    if (rounding == Rounding::middle) CHECK(magnitudes < 1 << 18);
    for (int run = 0; run < 3; ++run) {
      CHECK(a.minus_sum[run] == -sums[run]);
      CHECK(a.sum[run] == a.scale * float(sums[run]));
    }
  }
  for (Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    const auto got = groups_of<rounding>(x.data(), groups, kernels(isa));
    for (std::size_t i = 0; i < groups; ++i) {
      CAPTURE(i);
      if (std::isnan(expected[i].scale)) {
        CHECK(std::isnan(got[i].scale));
        CHECK(std::isnan(got[i].sum[0]));
        continue;
      }
      CHECK(std::memcmp(got[i].q, expected[i].q, sizeof got[i].q) == 0);
      CHECK(got[i].scale == expected[i].scale);
      CHECK(std::memcmp(got[i].sum, expected[i].sum, sizeof got[i].sum) == 0);
      CHECK(std::memcmp(got[i].minus_sum, expected[i].minus_sum, sizeof got[i].minus_sum) == 0);
    }
  }
}
