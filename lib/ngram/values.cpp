#include "ngram/values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

namespace ondol::ngram {
namespace {

/// Tables up to this size cost next to nothing, and are exact.
constexpr std::size_t small_table = 4096;

/// Sorts by three passes of 11 bits, for the values of an order are millions.
void sort(const Account& account, std::span<float> values) {
  constexpr std::uint32_t sign = 1u << 31;
  Array<std::uint32_t> keys(account, values.size(), "n-gram values");
  Array<std::uint32_t> sorted(account, values.size(), "n-gram values");
  std::ranges::transform(values, keys.begin(), [](float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value + 0.0f);  // one zero
    return bits & sign ? ~bits : bits | sign;
  });
  for (const unsigned shift : {0u, 11u, 22u}) {
    std::array<std::uint32_t, 2049> begins{};
    for (const std::uint32_t key : keys) ++begins[(key >> shift & 2047) + 1];
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    for (const std::uint32_t key : keys) sorted[begins[key >> shift & 2047]++] = key;
    std::swap(keys, sorted);
  }
  std::ranges::transform(keys, values.begin(),
                         [](std::uint32_t key) { return std::bit_cast<float>(key & sign ? key & ~sign : ~key); });
}

}  // namespace

Values::Values(const Account& account, std::span<float> values) {
  sort(account, values);
  const auto distinct = static_cast<std::size_t>(std::unique(values.begin(), values.end()) - values.begin());
  if (distinct == 0) return;
  impossible_ = std::isinf(values.front()) ? 1 : 0;
  least_ = distinct > impossible_ ? double{values[impossible_]} : 0;
  const double steps = distinct > impossible_ ? (double{values[distinct - 1]} - least_) / step : 0;
  const bool fits = steps < 0x1p31;
  const unsigned step_bits = fits ? bits_for(static_cast<std::uint64_t>(steps + 0.5) + impossible_) : 32;
  const unsigned table_bits = bits_for(distinct - 1);
  const std::uint64_t count = values.size();
  if (!fits || distinct <= small_table || count * table_bits + distinct * 32 < count * step_bits) {
    table_ = Array<float>(account, distinct, "n-gram values");
    std::copy_n(values.begin(), distinct, table_.begin());
    bits_ = table_bits;
  } else {
    bits_ = step_bits;
  }
}

std::uint32_t Values::encode(float value) const noexcept {
  if (!table_.empty()) {
    return static_cast<std::uint32_t>(std::lower_bound(table_.begin(), table_.end(), value) - table_.begin());
  }
  return std::isinf(value) ? 0 : impossible_ + static_cast<std::uint32_t>((double{value} - least_) / step + 0.5);
}

}  // namespace ondol::ngram
