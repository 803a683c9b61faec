#include "chat/jinja/big_integer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "chat/jinja/limits.hpp"

namespace ondol::jinja {
namespace {

constexpr std::uint32_t base = 1'000'000'000;
constexpr std::size_t base_digits = 9;

}  // namespace

BigInteger::BigInteger(bool negative, Digits digits) : negative_(negative), digits_(std::move(digits)) {
  while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
  if (digits_.empty()) negative_ = false;
  if (digits_.size() > max_digits / base_digits + 1) {
    throw Failure(fmt::format("the template computes an integer of more than {} digits", max_digits));
  }
}

BigInteger::BigInteger(std::int64_t value) : BigInteger(std::string_view(std::to_string(value))) {}

BigInteger::BigInteger(std::string_view decimal) {
  const bool negative = decimal.starts_with('-');
  if (negative) decimal.remove_prefix(1);
  if (decimal.size() > max_digits) {
    throw Failure(fmt::format("an integer of more than {} digits", max_digits));
  }
  Digits digits;
  while (!decimal.empty()) {
    const std::size_t take = std::min(decimal.size(), base_digits);
    const std::string_view part = decimal.substr(decimal.size() - take);
    std::uint32_t digit = 0;
    std::from_chars(part.data(), part.data() + part.size(), digit);
    digits.push_back(digit);
    decimal.remove_suffix(take);
  }
  *this = BigInteger(negative, std::move(digits));
}

BigInteger::BigInteger(double value) : BigInteger(std::string_view(fmt::format("{:.0f}", std::trunc(value)))) {}

std::optional<std::int64_t> BigInteger::small() const noexcept {
  if (digits_.size() > 3) return std::nullopt;
  __int128 value = 0;
  for (std::size_t i = digits_.size(); i-- > 0;) value = value * base + digits_[i];
  if (negative_) value = -value;
  if (value < INT64_MIN || value > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

double BigInteger::to_double() const {
  const std::string text = to_string();
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc::result_out_of_range) value = negative_ ? -HUGE_VAL : HUGE_VAL;
  return value;
}

std::string BigInteger::to_string() const {
  if (zero()) return "0";
  std::string out = fmt::format("{}{}", negative_ ? "-" : "", digits_.back());
  for (std::size_t i = digits_.size() - 1; i-- > 0;) out += fmt::format("{:09}", digits_[i]);
  return out;
}

std::string BigInteger::to_string(unsigned radix) const {
  if (zero()) return "0";
  std::string out;
  for (Digits rest = digits_; !rest.empty();) out += "0123456789abcdefghijklmnopqrstuvwxyz"[divide_small(rest, radix)];
  if (negative_) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

BigInteger BigInteger::negated() const { return {!negative_, digits_}; }

int BigInteger::compare(const Digits& a, const Digits& b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

BigInteger::Digits BigInteger::add(const Digits& a, const Digits& b) {
  Digits sum;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry; ++i) {
    carry += (i < a.size() ? a[i] : 0) + std::uint64_t{i < b.size() ? b[i] : 0};
    sum.push_back(static_cast<std::uint32_t>(carry % base));
    carry /= base;
  }
  return sum;
}

BigInteger::Digits BigInteger::subtract(const Digits& a, const Digits& b) {
  Digits difference;
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::int64_t digit = std::int64_t{a[i]} - (i < b.size() ? b[i] : 0) - borrow;
    borrow = digit < 0;
    if (borrow) digit += base;
    difference.push_back(static_cast<std::uint32_t>(digit));
  }
  return difference;
}

std::uint32_t BigInteger::divide_small(Digits& a, std::uint32_t divisor) {
  std::uint64_t rest = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    rest = rest * base + a[i];
    a[i] = static_cast<std::uint32_t>(rest / divisor);
    rest %= divisor;
  }
  while (!a.empty() && a.back() == 0) a.pop_back();
  return static_cast<std::uint32_t>(rest);
}

BigInteger BigInteger::operator+(const BigInteger& other) const {
  if (negative_ == other.negative_) return {negative_, add(digits_, other.digits_)};
  if (compare(digits_, other.digits_) >= 0) return {negative_, subtract(digits_, other.digits_)};
  return {other.negative_, subtract(other.digits_, digits_)};
}

BigInteger BigInteger::operator*(const BigInteger& other) const {
  Digits product(digits_.size() + other.digits_.size());
  for (std::size_t i = 0; i < digits_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < other.digits_.size() || carry; ++j) {
      carry += product[i + j];
      if (j < other.digits_.size()) carry += std::uint64_t{digits_[i]} * other.digits_[j];
      product[i + j] = static_cast<std::uint32_t>(carry % base);
      carry /= base;
    }
  }
  return {negative_ != other.negative_, std::move(product)};
}

/// One digit of a quotient, and what is left: rest < divisor * base. Guessed from the three leading digits, so that it
/// is too large by one at most (Knuth, TAOCP 2, 4.3.1).
std::uint32_t BigInteger::divide_step(Digits& rest, const Digits& divisor) {
  if (compare(rest, divisor) < 0) return 0;
  const std::size_t size = divisor.size();
  const auto leading = [](const Digits& digits, std::size_t from, std::size_t count) {
    unsigned __int128 value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value * base + (from >= i && from - i < digits.size() ? digits[from - i] : 0);
    }
    return value;
  };
  const std::size_t used = std::min<std::size_t>(size, 3);
  const unsigned __int128 top = leading(rest, size, used + 1);
  auto digit = static_cast<std::uint64_t>(top / leading(divisor, size - 1, used));
  digit = std::min<std::uint64_t>(digit, base - 1);
  const auto times = [&](std::uint64_t by) {
    Digits product;
    std::uint64_t carry = 0;
    for (const std::uint32_t part : divisor) {
      carry += part * by;
      product.push_back(static_cast<std::uint32_t>(carry % base));
      carry /= base;
    }
    if (carry > 0) product.push_back(static_cast<std::uint32_t>(carry));
    while (!product.empty() && product.back() == 0) product.pop_back();
    return product;
  };
  Digits product = times(digit);
  while (compare(product, rest) > 0) product = times(--digit);
  rest = subtract(rest, product);
  while (!rest.empty() && rest.back() == 0) rest.pop_back();
  return static_cast<std::uint32_t>(digit);
}

std::pair<BigInteger, BigInteger> BigInteger::divide(const BigInteger& divisor) const {
  Digits quotient(digits_.size());
  Digits rest;
  for (std::size_t i = digits_.size(); i-- > 0;) {
    if (!rest.empty() || digits_[i] != 0) rest.insert(rest.begin(), digits_[i]);
    quotient[i] = divide_step(rest, divisor.digits_);
  }
  BigInteger q(negative_ != divisor.negative_, std::move(quotient));
  BigInteger r(negative_, std::move(rest));
  if (!r.zero() && negative_ != divisor.negative_) {
    q = q - BigInteger(std::int64_t{1});
    r = r + divisor;
  }
  return {std::move(q), std::move(r)};
}

double BigInteger::true_quotient(const BigInteger& divisor) const {
  if (zero()) return divisor.negative_ ? -0.0 : 0.0;
  // Scaled so that the whole quotient has 66 bits or more, of which the last says that something is left.
  const auto bits = [](const BigInteger& value) { return static_cast<int>(value.digits_.size() * 30); };
  const int shift = std::max(0, 96 + bits(divisor) - bits(*this));
  const BigInteger two(std::int64_t{2});
  const BigInteger above = BigInteger(false, digits_) * two.power(static_cast<std::uint64_t>(shift));
  auto [quotient, rest] = above.divide(BigInteger(false, divisor.digits_));
  quotient = quotient * two + BigInteger(std::int64_t{rest.zero() ? 0 : 1});
  const double size = std::ldexp(quotient.to_double(), -shift - 1);
  return negative_ != divisor.negative_ ? -size : size;
}

BigInteger BigInteger::power(std::uint64_t exponent) const {
  BigInteger result(std::int64_t{1});
  BigInteger square = *this;
  while (exponent > 0) {
    if (exponent & 1) result = result * square;
    exponent >>= 1;
    if (exponent > 0) square = square * square;
  }
  return result;
}

std::uint64_t BigInteger::work(const BigInteger& other) const noexcept {
  return 1 + digits_.size() * other.digits_.size() / 8;
}

std::uint64_t BigInteger::power_work(std::uint64_t exponent) const noexcept {
  constexpr std::uint64_t most = max_digits / base_digits + 1;
  const std::uint64_t size = digits_.size() == 0 ? 0 : std::min(exponent, most / digits_.size() + 1) * digits_.size();
  return size * size / 8;
}

int BigInteger::compare(const BigInteger& other) const noexcept {
  if (negative_ != other.negative_) return negative_ ? -1 : 1;
  return negative_ ? compare(other.digits_, digits_) : compare(digits_, other.digits_);
}

}  // namespace ondol::jinja
