#include "kernels/matmul.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <map>

#include "kernels/quantised_cases.hpp"
#include "ondol/error.hpp"

using namespace ondol;

namespace {

/// Memory whose last byte lies before a page that nobody may touch: reads and writes beyond it crash.
class Guarded {
 public:
  explicit Guarded(std::size_t bytes) : mapped_((bytes + page - 1) / page * page + page) {
    begin_ =
        static_cast<std::byte*>(::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(begin_ != MAP_FAILED);
    REQUIRE(::mprotect(begin_ + mapped_ - page, page, PROT_NONE) == 0);
    data_ = begin_ + mapped_ - page - bytes;
  }
  Guarded(const Guarded&) = delete;
  ~Guarded() { ::munmap(begin_, mapped_); }
  [[nodiscard]] std::byte* bytes() const { return data_; }
  [[nodiscard]] float* floats() const { return reinterpret_cast<float*>(data_); }

 private:
  static constexpr std::size_t page = 4096;
  std::size_t mapped_;
  std::byte* begin_;
  std::byte* data_;
};

}  // namespace

TEST_CASE("packed matrix: a row is what the format unpacks, bit for bit") {
  test::Bench bench(Isa::base, 2);
  for (const auto& kind : test::quantised_formats) {
    CAPTURE(kind.name);
    for (std::size_t columns : test::ragged_columns(*find_format(kind.name))) {
      const test::Matrix matrix(kind, 37, columns, 11);
      const auto values = matrix.values();
      for (Precision precision : {Precision::fast, Precision::exact}) {
        const PackedMatrix w(matrix.view(), precision, bench.compute, bench.memory);
        std::vector<float> row(columns);
        for (std::size_t i = 0; i < matrix.rows; ++i) {
          CAPTURE(i);
          w.unpack_row(i, row.data());
          CHECK(std::memcmp(row.data(), values.data() + i * columns, columns * sizeof(float)) == 0);
        }
      }
    }
  }
}

TEST_CASE("packed matrix: bytes are known beforehand and hardly more than the file's") {
  test::Bench bench(Isa::base);
  for (const auto& kind : test::quantised_formats) {
    CAPTURE(kind.name);
    for (std::size_t rows : {1, 15, 16, 17, 64}) {
      const test::Matrix matrix(kind, rows, 768, 12);
      for (Precision precision : {Precision::fast, Precision::exact}) {
        const PackedMatrix w(matrix.view(), precision, bench.compute, bench.memory);
        CHECK(w.bytes() == packed_bytes(*matrix.format, rows, 768, precision));
        CHECK(w.rows() == rows);
        CHECK(w.columns() == 768);
        if (precision == Precision::fast && rows % 16 == 0) {
          CHECK(double(w.bytes()) <= 1.04 * double(matrix.bytes.size()));
        }
        CHECK((w.product() == Product::f32) == (precision == Precision::exact));
      }
    }
  }
}

TEST_CASE("packed matrix: the memory cap is an error before anything is allocated") {
  test::Bench bench(Isa::base);
  const test::Matrix matrix(test::quantised_formats[0], 64, 256, 13);
  const auto capped = std::make_shared<MemoryAccount>(1000, Allocator{});
  CHECK_THROWS_AS(PackedMatrix(matrix.view(), Precision::fast, bench.compute, capped), Error);
  CHECK(capped->used() == 0);
}

TEST_CASE("multiply: exact precision is the product of the values") {
  for (Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    test::Bench bench(isa, 2);
    for (const auto& kind : test::quantised_formats) {
      CAPTURE(kind.name);
      const std::size_t columns = 512, outputs = 21, rows = 5;
      const test::Matrix matrix(kind, outputs, columns, 14);
      const auto values = matrix.values();
      const auto x = test::random_floats(rows * columns, 15);
      const PackedMatrix w(matrix.view(), Precision::exact, bench.compute, bench.memory);
      const auto got = test::product(w, x, rows, nullptr, bench.compute);
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < outputs; ++j) {
          double sum = 0, magnitude = 0;
          for (std::size_t k = 0; k < columns; ++k) {
            const double term = double(values[j * columns + k]) * x[i * columns + k];
            sum += term;
            magnitude += std::fabs(term);
          }
          CHECK(std::fabs(got[i * (outputs + 3) + j] - sum) <= 1e-6 * magnitude);
        }
      }
    }
  }
}

TEST_CASE("multiply: several products at once give the bits of each alone") {
  for (Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    for (const int threads : {1, 3}) {
      test::Bench bench(isa, threads);
      struct One {
        PackedMatrix w;
        std::vector<float> x;
        std::size_t rows;
        std::vector<float> expected, out;
      };
      std::vector<One> all;
      std::vector<Activations> activations;
      std::vector<MatrixProduct> products;
      const Arena::Scope scope(bench.arena);
      unsigned seed = 30;
      for (const auto& kind : test::quantised_formats) {
        for (const std::size_t rows : {0, 1, 5, 130}) {
          ++seed;
          const test::Matrix matrix(kind, 21 + seed % 90, 256, seed);
          const Precision precision = seed % 3 ? Precision::fast : Precision::exact;
          PackedMatrix w(matrix.view(), precision, bench.compute, bench.memory);
          auto x = test::random_floats(rows * 256, seed + 500);
          auto expected = test::product(w, x, rows, nullptr, bench.compute);
          std::vector<float> out(expected.size(), 12345.0f);
          all.push_back({std::move(w), std::move(x), rows, std::move(expected), std::move(out)});
        }
      }
      for (const One& one : all) activations.emplace_back(one.x.data(), one.rows, 256, 256);
      for (std::size_t i = 0; i < all.size(); ++i) {
        products.push_back({&all[i].w, &activations[i], nullptr, all[i].out.data(), all[i].w.rows() + 3});
      }
      multiply(products, bench.compute);
      for (const One& one : all) CHECK(test::same(one.out, one.expected));
    }
  }
}

TEST_CASE("multiply: writes its outputs and nothing beside them, reads strided rows") {
  const std::size_t columns = 256, outputs = 37, rows = 9, x_stride = columns + 5;
  const test::Matrix matrix(test::quantised_formats[1], outputs, columns, 16);
  const auto x = test::random_floats(rows * x_stride, 17);
  std::vector<float> dense(rows * columns);
  for (std::size_t i = 0; i < rows; ++i) {
    std::copy_n(x.begin() + std::ptrdiff_t(i * x_stride), columns, dense.begin() + std::ptrdiff_t(i * columns));
  }
  for (Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    test::Bench bench(isa);
    const PackedMatrix w(matrix.view(), Precision::fast, bench.compute, bench.memory);
    const auto expected = test::product(w, dense, rows, nullptr, bench.compute);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = outputs; j < outputs + 3; ++j) CHECK(expected[i * (outputs + 3) + j] == 12345.0f);
    }
    Arena::Scope scope(bench.arena);
    std::vector<float> got(expected.size(), 12345.0f);
    Activations activations(x.data(), rows, columns, x_stride);
    multiply(w, activations, nullptr, got.data(), outputs + 3, bench.compute);
    CHECK(test::same(got, expected));
    Activations none(x.data(), 0, columns, x_stride);
    multiply(w, none, nullptr, got.data(), outputs + 3, bench.compute);
    CHECK(test::same(got, expected));
  }
}

TEST_CASE("multiply: touches no byte beyond weights, activations, bias and outputs") {
  for (Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    for (const auto& kind : test::quantised_formats) {
      CAPTURE(kind.name);
      const std::size_t columns = 768, outputs = 37;
      const test::Matrix matrix(kind, outputs, columns, 18);
      const Guarded file(matrix.bytes.size());
      std::memcpy(file.bytes(), matrix.bytes.data(), matrix.bytes.size());
      std::map<void*, std::unique_ptr<Guarded>> live;
      const auto guarded = std::make_shared<MemoryAccount>(
          0, Allocator{.allocate = [&](std::size_t bytes, std::size_t alignment) -> void* {
                         auto block = std::make_unique<Guarded>((bytes + alignment - 1) / alignment * alignment);
                         void* const memory = block->bytes();
                         live.emplace(memory, std::move(block));
                         return memory;
                       },
                       .release = [&](void* memory, std::size_t) { live.erase(memory); }});
      test::Bench bench(isa);
      const PackedMatrix w({matrix.format, outputs, columns, {file.bytes(), matrix.bytes.size()}}, Precision::fast,
                           bench.compute, guarded);
      REQUIRE(live.size() == 1);
      for (std::size_t rows : {1, 3, 30}) {
        CAPTURE(rows);
        const Guarded x(rows * columns * sizeof(float)), out(rows * outputs * sizeof(float)),
            bias(outputs * sizeof(float));
        const auto values = test::random_floats(rows * columns, 19);
        std::memcpy(x.bytes(), values.data(), values.size() * sizeof(float));
        Arena::Scope scope(bench.arena);
        Activations activations(x.floats(), rows, columns, columns);
        multiply(w, activations, bias.floats(), out.floats(), outputs, bench.compute);
        CHECK(out.floats()[rows * outputs - 1] != 0.0f);
      }
      std::vector<float> row(columns);
      w.unpack_row(outputs - 1, row.data());
      CHECK(row[columns - 1] == matrix.values().back());
    }
  }
}
