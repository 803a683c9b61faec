#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "ngram/packed.hpp"

namespace ondol::ngram {

/// What the logarithms of one order are stored as: short codes. Either a code is a place in the table of all values
/// that occur, without loss (back-offs come from few counts and repeat a lot), or a number of steps from the least one,
/// whichever takes less.
class Values {
 public:
  /// Between two codes, in log10: what is read back is at most half a step from what was there.
  static constexpr double step = 0x1p-20;

  Values() = default;
  /// @param values  finite or -inf; sorted in place.
  Values(const Account& account, std::span<float> values);

  /// Bits of a code, at most 32.
  [[nodiscard]] unsigned bits() const noexcept { return bits_; }
  /// Code of one of the values it was made from.
  [[nodiscard]] std::uint32_t encode(float value) const noexcept;
  [[nodiscard]] double decode(std::uint32_t code) const noexcept {
    if (!table_.empty()) return double{table_[code]};
    return code < impossible_ ? -std::numeric_limits<double>::infinity() : least_ + step * (code - impossible_);
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return table_.bytes(); }

 private:
  Array<float> table_;
  double least_ = 0;
  std::uint32_t impossible_ = 0;  ///< codes in front of the steps: one for -inf if it occurs
  unsigned bits_ = 0;
};

}  // namespace ondol::ngram
