#include "formats/quantize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>

#include "base/fail.hpp"
#include "ondol/quantize.hpp"
#include "runtime/state.hpp"

namespace ondol {
namespace {

StorageType described(const Format& format) noexcept {
  return {format.name, format.weights, format.bytes, format.pack != nullptr, format.needs_importance};
}

char capital(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

const Format& format_called(std::string_view name) {
  std::string known;
  for (const Format* format : formats()) {
    if (std::ranges::equal(format->name, name, {}, {}, capital)) return *format;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format->name);
  }
  fail(Status::invalid_argument, fmt::format("storage type is \"{}\", expected one of {}", name, known));
}

/// A task is some thousand weights: from a microsecond to some milliseconds.
constexpr std::uint64_t weights_of_a_task = 4096;

/// The first value that is not finite; `count` if there is none.
std::uint64_t first_odd(const float* in, std::uint64_t count, ThreadPool& pool) {
  std::atomic<std::uint64_t> first{count};
  pool.parallel_ranges(count, 16 * weights_of_a_task, [&](std::uint64_t begin, std::uint64_t end) {
    const auto* found = std::find_if_not(in + begin, in + end, [](float v) { return std::isfinite(v); });
    if (found == in + end) return;
    const auto at = static_cast<std::uint64_t>(found - in);
    for (std::uint64_t known = first; at < known && !first.compare_exchange_weak(known, at);) {
    }
  });
  return first;
}

void check_importance(const Format& format, const float* importance, std::uint64_t columns) {
  if (!importance) {
    if (!format.needs_importance) return;
    fail(Status::invalid_argument,
         fmt::format("{} needs the importance of each column (an importance matrix), none was given", format.name));
  }
  for (std::uint64_t i = 0; i < columns; ++i) {
    if (std::isfinite(importance[i]) && importance[i] >= 0.0f) continue;
    fail(Status::invalid_argument,
         fmt::format("importance of column {} is {}, expected a number of at least 0", i, importance[i]));
  }
}

}  // namespace

void quantize_rows(const Format& format, const float* in, std::uint64_t rows, std::uint64_t columns,
                   const float* importance, std::byte* out, ThreadPool& pool) {
  if (!format.pack) {
    fail(Status::unsupported, fmt::format("{} holds no weights: nothing is quantised to it", format.name));
  }
  if (columns % format.weights != 0) {
    fail(Status::invalid_argument, fmt::format("{} weights a row, which {} stores in blocks: expected a multiple of {}",
                                               columns, format.name, format.weights));
  }
  check_importance(format, importance, columns);
  const std::uint64_t odd = first_odd(in, rows * columns, pool);
  if (odd < rows * columns) {
    fail(Status::invalid_argument, fmt::format("value in row {}, column {} is {}, expected a finite number",
                                               odd / columns, odd % columns, in[odd]));
  }
  const std::uint64_t row_blocks = columns / format.weights;
  const std::uint64_t grain = std::max<std::uint64_t>(1, weights_of_a_task / format.weights);
  pool.parallel_ranges(rows * row_blocks, grain, [&](std::uint64_t begin, std::uint64_t end) {
    while (begin < end) {  // row by row, for the importance
      const std::uint64_t at = begin % row_blocks;
      const std::uint64_t blocks = std::min(end - begin, row_blocks - at);
      format.pack(in + begin * format.weights, importance ? importance + at * format.weights : nullptr,
                  out + begin * format.bytes, blocks);
      begin += blocks;
    }
  });
}

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

std::vector<std::byte> quantize(std::string_view type, std::span<const float> values, std::size_t columns,
                                std::span<const float> importance, const Runtime& runtime) {
  const Format& format = format_called(type);
  if (columns == 0) columns = values.size();
  if (columns != 0 && values.size() % columns != 0) {
    fail(Status::invalid_argument, fmt::format("{} values in rows of {}, expected whole rows", values.size(), columns));
  }
  if (!importance.empty() && importance.size() != columns) {
    fail(Status::invalid_argument,
         fmt::format("importance has {} numbers, expected {}, one for each column", importance.size(), columns));
  }
  std::vector<std::byte> bytes(values.size() / format.weights * format.bytes);
  Runtime::State::Turn turn(*runtime.state());
  quantize_rows(format, values.data(), columns ? values.size() / columns : 0, columns,
                importance.empty() ? nullptr : importance.data(), bytes.data(), turn.pool());
  return bytes;
}

}  // namespace ondol
