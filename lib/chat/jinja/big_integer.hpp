#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ondol::jinja {

/// An integer of any length up to `max_digits`, as Python's int: sign and magnitude, digits in base 10^9.
class BigInteger {
 public:
  /// More digits than this are a Failure; Python too refuses to print more.
  static constexpr std::size_t max_digits = 4300;

  BigInteger() = default;
  explicit BigInteger(std::int64_t value);
  /// -?[0-9]+
  explicit BigInteger(std::string_view decimal);
  /// Towards zero; `value` is finite.
  explicit BigInteger(double value);

  [[nodiscard]] bool negative() const noexcept { return negative_; }
  [[nodiscard]] bool zero() const noexcept { return digits_.empty(); }
  [[nodiscard]] std::optional<std::int64_t> small() const noexcept;
  [[nodiscard]] double to_double() const;  ///< the nearest; infinite if beyond
  [[nodiscard]] std::string to_string() const;
  /// Digits in base 2 .. 36 with lower case letters and a sign.
  [[nodiscard]] std::string to_string(unsigned base) const;
  [[nodiscard]] BigInteger negated() const;

  [[nodiscard]] BigInteger operator+(const BigInteger& other) const;
  [[nodiscard]] BigInteger operator-(const BigInteger& other) const { return *this + other.negated(); }
  [[nodiscard]] BigInteger operator*(const BigInteger& other) const;
  /// Quotient and remainder, rounded down as Python does; `divisor` is not zero.
  [[nodiscard]] std::pair<BigInteger, BigInteger> divide(const BigInteger& divisor) const;
  [[nodiscard]] BigInteger power(std::uint64_t exponent) const;
  /// The quotient as the nearest double; infinite if beyond. `divisor` is not zero.
  [[nodiscard]] double true_quotient(const BigInteger& divisor) const;

  /// Steps that a product or quotient with `other` counts for, and a power.
  [[nodiscard]] std::uint64_t work(const BigInteger& other) const noexcept;
  [[nodiscard]] std::uint64_t power_work(std::uint64_t exponent) const noexcept;

  [[nodiscard]] int compare(const BigInteger& other) const noexcept;

 private:
  using Digits = std::vector<std::uint32_t>;  // least first, no zeros at the end
  BigInteger(bool negative, Digits digits);
  static int compare(const Digits& a, const Digits& b) noexcept;
  static Digits add(const Digits& a, const Digits& b);
  static Digits subtract(const Digits& a, const Digits& b);  // a >= b
  static std::uint32_t divide_small(Digits& a, std::uint32_t divisor);
  static std::uint32_t divide_step(Digits& rest, const Digits& divisor);

  bool negative_ = false;
  Digits digits_;
};

}  // namespace ondol::jinja
