#include "ondol/quantize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/fail.hpp"
#include "formats/format.hpp"

namespace ondol {
namespace {

StorageType described(const Format& format) noexcept { return {format.name, format.weights, format.bytes}; }

char capital(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

const Format& format_called(std::string_view name) {
  std::string known;
  for (const Format* format : formats()) {
    if (std::ranges::equal(format->name, name, {}, {}, capital)) return *format;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format->name);
  }
  fail(Status::invalid_argument, fmt::format("storage type is \"{}\", expected one of {}", name, known));
}

}  // namespace

std::vector<StorageType> storage_types() {
  std::vector<StorageType> all;
  for (const Format* format : formats()) all.push_back(described(*format));
  return all;
}

StorageType storage_type(std::string_view name) { return described(format_called(name)); }

std::vector<float> dequantize(std::string_view type, std::span<const std::byte> bytes, std::size_t row_bytes) {
  const Format& format = format_called(type);
  if (row_bytes == 0) row_bytes = bytes.size();
  if (row_bytes % format.bytes != 0) {
    fail(Status::invalid_argument,
         fmt::format("a row of {} has {} bytes, expected a multiple of {}, as many as a block", format.name, row_bytes,
                     format.bytes));
  }
  if (row_bytes != 0 && bytes.size() % row_bytes != 0) {
    fail(Status::invalid_argument,
         fmt::format("{} bytes of {} in rows of {}, expected whole rows", bytes.size(), format.name, row_bytes));
  }
  const std::size_t blocks = bytes.size() / format.bytes;
  std::vector<float> values(blocks * format.weights);
  format.unpack(bytes.data(), values.data(), blocks);
  return values;
}

}  // namespace ondol
