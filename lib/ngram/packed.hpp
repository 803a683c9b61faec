#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ngram/array.hpp"

namespace ondol::ngram {

/// Bits that hold every number up to `largest`.
[[nodiscard]] inline unsigned bits_for(std::uint64_t largest) noexcept {
  return static_cast<unsigned>(std::bit_width(largest));
}

/// A bit field of a row.
struct Field {
  unsigned shift = 0;
  unsigned bits = 0;  ///< 0 .. 32; a field without bits is always 0
};

/// Rows of bit fields, one behind the other without a gap: a row may begin inside a byte.
class PackedRows {
 public:
  PackedRows() = default;
  /// @param row_bits  0 .. 128
  PackedRows(const Account& account, std::uint64_t rows, unsigned row_bits, const char* what)
      : bytes_(account, (rows * row_bits + 7) / 8 + sizeof(std::uint64_t), what), row_bits_(row_bits) {}

  [[nodiscard]] std::uint32_t get(std::uint64_t row, Field field) const noexcept {
    const std::uint64_t bit = row * row_bits_ + field.shift;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes_.begin() + bit / 8, sizeof word);
    return static_cast<std::uint32_t>(word >> bit % 8 & ((std::uint64_t{1} << field.bits) - 1));
  }
  /// Sets a field that was not set before.
  void set(std::uint64_t row, Field field, std::uint32_t value) noexcept {
    const std::uint64_t bit = row * row_bits_ + field.shift;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes_.begin() + bit / 8, sizeof word);
    word |= std::uint64_t{value} << bit % 8;
    std::memcpy(bytes_.begin() + bit / 8, &word, sizeof word);
  }
  void prefetch(std::uint64_t row) const noexcept { __builtin_prefetch(bytes_.begin() + row * row_bits_ / 8); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_.bytes(); }

 private:
  Array<std::uint8_t> bytes_;
  unsigned row_bits_ = 0;
};

}  // namespace ondol::ngram
