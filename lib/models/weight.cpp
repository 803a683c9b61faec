#include "models/weight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/fail.hpp"

namespace ondol {

std::uint64_t Weight::rows() const noexcept {
  return std::accumulate(shape.begin() + 1, shape.end(), std::uint64_t{1}, std::multiplies<>());
}

const Format& Weight::packed_from(Precision precision) const noexcept {
  const bool compacts = compact && precision == Precision::fast && columns() % compact->weights == 0;
  return compacts ? *compact : *format;
}

void Weight::read_rows(std::uint64_t first, std::uint64_t count,
                       const std::function<void(std::span<const std::byte>)>& use) const {
  const std::uint64_t each = rows() / parts.size();
  const Part& part = parts[first / each];
  const std::uint64_t skip = first % each * row_bytes();
  const std::uint64_t size = count * row_bytes();
  if (!part.make) return use(part.bytes.subspan(skip, size));
  std::vector<std::byte> made(each * row_bytes());
  part.make(made.data());
  use(std::span<const std::byte>(made).subspan(skip, size));
}

void Weight::split(std::uint64_t count) {
  if (parts.size() == count) return;
  const Weight whole = *this;
  const std::uint64_t rows = whole.rows() / count;
  parts.clear();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!whole.parts[0].make) {
      parts.push_back({.bytes = whole.parts[0].bytes.subspan(i * rows * row_bytes(), rows * row_bytes())});
      continue;
    }
    parts.push_back({.bytes = {}, .make = [whole, i, rows](std::byte* out) {
                       whole.read_rows(i * rows, rows, [&](auto bytes) { std::ranges::copy(bytes, out); });
                     }});
  }
}

std::vector<float> Weight::values() const {
  std::vector<float> out(elements());
  const std::uint64_t each = rows() / parts.size();
  for (std::uint64_t first = 0; first < rows(); first += each) {
    read_rows(first, each, [&](std::span<const std::byte> bytes) {
      format->unpack(bytes.data(), out.data() + first * columns(), each * columns() / format->weights);
    });
  }
  return out;
}

Weight dequantised(const Weight& weight) {
  Weight out = weight;
  const std::uint64_t each = weight.rows() / weight.parts.size();
  out.format = find_format("F32");
  out.compact = nullptr;
  for (std::size_t i = 0; i < weight.parts.size(); ++i) {
    out.parts[i] = {.bytes = {}, .make = [from = weight, i, each](std::byte* to) {
                      from.read_rows(i * each, each, [&](std::span<const std::byte> bytes) {
                        from.format->unpack(bytes.data(), reinterpret_cast<float*>(to),
                                            each * from.columns() / from.format->weights);
                      });
                    }};
  }
  return out;
}

Weight as_weight(const TensorView& tensor) {
  Weight weight{.name = tensor.name, .format = tensor.format, .shape = tensor.shape, .parts = {}, .sources = {&tensor}};
  weight.parts.push_back({.bytes = tensor.bytes});
  return weight;
}

}  // namespace ondol
