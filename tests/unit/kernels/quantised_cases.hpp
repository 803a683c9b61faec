#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/half.hpp"
#include "formats/format.hpp"
#include "kernels/kernels.hpp"
#include "kernels/matmul.hpp"

namespace test {

/// Threads, bodies and memory for one test.
struct Bench {
  explicit Bench(ondol::Isa isa, int threads = 1) : pool(threads), compute{pool, ondol::kernels(isa), arena} {}
  std::shared_ptr<ondol::MemoryAccount> memory = std::make_shared<ondol::MemoryAccount>(0, ondol::Allocator{});
  ondol::Arena arena{memory};
  ondol::ThreadPool pool;
  ondol::Compute compute;
};

/// Formats with a packed product of their own, with the places of their float16 scales in a block.
struct QuantisedFormat {
  std::string name;
  std::vector<std::size_t> halves;
};
inline const std::vector<QuantisedFormat> quantised_formats = {
    {"Q4_0", {0}},   {"Q4_1", {0, 2}}, {"Q5_0", {0}},    {"Q5_1", {0, 2}}, {"Q8_0", {0}},   {"Q2_K", {80, 82}},
    {"Q3_K", {108}}, {"Q4_K", {0, 2}}, {"Q5_K", {0, 2}}, {"Q6_K", {208}},  {"IQ4_NL", {0}}, {"IQ4_XS", {0}}};

inline const QuantisedFormat half_floats = {"F16", {}};
inline const QuantisedFormat bfloats = {"BF16", {}};

/// All whose products are of integers.
inline std::vector<QuantisedFormat> integer_formats() {
  auto all = quantised_formats;
  all.push_back(half_floats);
  all.push_back(bfloats);
  return all;
}

/// A matrix of random blocks; every byte but the scales is any byte. Of floats, normal ones.
struct Matrix {
  const ondol::Format* format;
  std::uint64_t rows, columns;
  std::vector<std::byte> bytes;

  Matrix(const QuantisedFormat& kind, std::uint64_t rows, std::uint64_t columns, unsigned seed)
      : format(ondol::find_format(kind.name)), rows(rows), columns(columns) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> scale(0.001f, 0.02f);
    bytes.resize(rows * columns / format->weights * format->bytes);
    if (kind.halves.empty()) {
      std::normal_distribution<float> normal(0.0f, 0.02f);
      std::vector<float> values(rows * columns);
      for (float& v : values) v = normal(random);
      format->pack(values.data(), nullptr, bytes.data(), values.size());
      return;
    }
    for (std::byte& b : bytes) b = static_cast<std::byte>(random() & 255);
    for (std::size_t block = 0; block < bytes.size(); block += format->bytes) {
      for (std::size_t at : kind.halves) set_half(block + at, random() % 2 ? scale(random) : -scale(random));
    }
  }
  void set_half(std::size_t at, float value) {
    const std::uint16_t half = ondol::float_to_half(value);
    std::memcpy(bytes.data() + at, &half, sizeof half);
  }
  [[nodiscard]] ondol::WeightView view() const { return {format, rows, columns, bytes}; }
  [[nodiscard]] std::vector<float> values() const {
    std::vector<float> out(rows * columns);
    format->unpack(bytes.data(), out.data(), rows * columns / format->weights);
    return out;
  }
};

inline std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(count);
  for (float& v : x) v = normal(random);
  return x;
}

/// Columns that the format allows, not multiples of anything else.
inline std::vector<std::size_t> ragged_columns(const ondol::Format& format) {
  if (format.weights == 256) return {256, 768, 1280};
  return {32, 96, 544, 1056};
}

/// w x^T (+ bias) into a matrix that is 3 floats wider than it must be.
inline std::vector<float> product(const ondol::PackedMatrix& w, const std::vector<float>& x, std::size_t rows,
                                  const float* bias, ondol::Compute& compute,
                                  ondol::Rounding rounding = ondol::Rounding::fine) {
  ondol::Arena::Scope scope(compute.arena);
  const std::size_t stride = w.rows() + 3;
  std::vector<float> out(rows * stride, 12345.0f);
  ondol::Activations activations(x.data(), rows, w.columns(), w.columns(), rounding);
  ondol::multiply(w, activations, bias, out.data(), stride, compute);
  return out;
}

/// The same bits, or both a NaN.
inline bool same(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::memcmp(&a[i], &b[i], sizeof(float)) != 0) return false;
  }
  return true;
}

}  // namespace test
