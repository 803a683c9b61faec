#include "chat/jinja/numbers.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/utf8.hpp"
#include "chat/jinja/text_functions.hpp"
#include "chat/jinja/unicode.hpp"

namespace ondol::jinja {
namespace {

std::string_view trimmed(std::string_view text) {
  const TextRange rest = strip_range(text, nullptr, Side::both);
  return text.substr(rest.begin, rest.end - rest.begin);
}

/// Without single underscores between digits; nothing if one stands elsewhere.
std::optional<std::string> without_gaps(std::string_view text) {
  std::string out;
  const auto is_alnum = [](char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_alnum(text[i - 1]) || !is_alnum(text[i + 1])) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

std::optional<BigInteger> parse_integer(std::string_view text, std::int64_t base) {
  if (base != 0 && (base < 2 || base > 36)) return std::nullopt;
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  constexpr std::pair<char, std::int64_t> prefixes[] = {{'x', 16}, {'o', 8}, {'b', 2}};
  bool prefixed = false;
  for (const auto& [letter, of] : prefixes) {
    if (text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == letter && (base == of || base == 0)) {
      base = of;
      text.remove_prefix(text[2] == '_' ? 3 : 2);
      prefixed = true;
      break;
    }
  }
  const auto digits = without_gaps(text);
  if (!digits || digits->empty()) return std::nullopt;
  if (base == 0) {
    base = 10;
    if (!prefixed && digits->size() > 1 && (*digits)[0] == '0' && digits->find_first_not_of('0') != digits->npos) {
      return std::nullopt;
    }
  }
  for (const char c : *digits) {
    const char lower = static_cast<char>(c | 0x20);
    const std::int64_t digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
    if (digit >= base) return std::nullopt;
  }
  if (digits->size() > BigInteger::max_digits) return std::nullopt;
  BigInteger value;
  if (base == 10) {
    value = BigInteger(std::string_view(*digits));
  } else {
    for (const char c : *digits) {
      const std::int64_t digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      value = value * BigInteger(base) + BigInteger(digit);
    }
  }
  return negative ? value.negated() : value;
}

std::optional<double> parse_real(std::string_view text) {
  const auto digits = without_gaps(trimmed(text));
  if (!digits || digits->empty()) return std::nullopt;
  std::string_view rest = *digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty() || rest[0] == '-' || rest[0] == '+') return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (read.ptr != rest.data() + rest.size() || read.ec == std::errc::invalid_argument) return std::nullopt;
  if (rest.find('(') != rest.npos) return std::nullopt;  // nan(...)
  if (read.ec == std::errc::result_out_of_range) {
    const std::size_t e = rest.find_first_of("eE");
    value = e != rest.npos && rest.substr(e + 1).starts_with('-') ? 0 : HUGE_VAL;
  }
  return negative ? -value : value;
}

double round_to(double value, std::int64_t digits) {
  if (!std::isfinite(value) || digits > 330) return value;
  if (digits < -310) return std::copysign(0.0, value);
  if (digits >= 0) return *parse_real(fmt::format("{:.{}f}", value, static_cast<int>(digits)));
  // Beyond the point: the decimal digits are exact, and rounding them is too.
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  return std::nearbyint(value / unit) * unit;
}

}  // namespace ondol::jinja
