#include "chat/jinja/number_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"

namespace ondol::jinja {
namespace {

constexpr std::int64_t max_precision = 1000;
constexpr std::int64_t max_width = 10'000;

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

std::string sign_of(bool negative, char sign) { return negative ? "-" : sign == '-' ? "" : std::string(1, sign); }

/// A number in the manner of 'g' with all of its significant digits: "2.5" to "2.50000".
std::string with_zeros(const std::string& text, std::size_t significant) {
  const std::size_t end = std::min(text.find('e'), text.size());
  std::string mantissa = text.substr(0, end);
  const bool zero = mantissa.find_first_not_of("0.") == mantissa.npos;
  const std::size_t first = zero ? 0 : mantissa.find_first_not_of("0.");
  const auto digits = static_cast<std::size_t>(std::count_if(mantissa.begin() + static_cast<std::ptrdiff_t>(first),
                                                             mantissa.end(), [](char c) { return c != '.'; }));
  if (mantissa.find('.') == mantissa.npos) mantissa += '.';
  if (digits < significant) mantissa.append(significant - digits, '0');
  return mantissa + text.substr(end);
}

/// Separators between groups of `size` digits in front of the point or exponent; zeros in front up to `width`.
std::string grouped(std::string digits, char separator, std::size_t size, std::size_t width) {
  const std::size_t end = std::min(digits.find_first_not_of("0123456789abcdefABCDEF"), digits.size());
  const std::string rest = digits.substr(end);
  digits.resize(end);
  while (digits.size() + (digits.size() - 1) / size + rest.size() < width) digits.insert(0, 1, '0');
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % size == 0) out += separator;
    out += digits[i];
  }
  return out + rest;
}

/// What the digits have to fill by themselves.
std::size_t room(const NumberFormat& format, const NumberText& number) {
  if (format.fill_to > max_width) throw Failure("width too big");
  return static_cast<std::size_t>(
      std::max<std::int64_t>(format.fill_to - static_cast<std::int64_t>(number.head.size()), 0));
}

}  // namespace

NumberText format_integer(const BigInteger& value, const NumberFormat& format) {
  const BigInteger size = value.negative() ? value.negated() : value;
  NumberText out{sign_of(value.negative(), format.sign), {}};
  switch (format.type) {
    case 0:
    case 'd':
    case 'i':
    case 'u':
    case 'n': out.digits = size.to_string(); break;
    case 'b': out.digits = size.to_string(2); break;
    case 'o': out.digits = size.to_string(8); break;
    case 'x': out.digits = size.to_string(16); break;
    case 'X': out.digits = upper(size.to_string(16)); break;
    default: throw Failure(fmt::format("Unknown format code '{}' for object of type 'int'", format.type));
  }
  if (format.alternate && (format.type == 'b' || format.type == 'o' || (format.type | 0x20) == 'x')) {
    out.head += '0';
    out.head += format.type;
  }
  const bool decimal = format.type == 0 || format.type == 'd' || format.type == 'n';
  if (format.grouping != 0) out.digits = grouped(out.digits, format.grouping, decimal ? 3 : 4, room(format, out));
  if (format.precision > static_cast<std::int64_t>(out.digits.size())) {
    if (format.precision > max_precision) throw Failure("precision too big");
    out.digits.insert(0, static_cast<std::size_t>(format.precision) - out.digits.size(), '0');
  }
  return out;
}

NumberText format_real(double value, const NumberFormat& format) {
  if (format.precision > max_precision) throw Failure("precision too big");
  NumberText out{sign_of(std::signbit(value) && !std::isnan(value), format.sign), {}};
  const double size = std::fabs(value);
  const int precision = format.precision < 0 ? 6 : static_cast<int>(format.precision);
  const bool is_upper = format.type == 'E' || format.type == 'F' || format.type == 'G';
  if (!std::isfinite(value)) {
    out.digits = std::isnan(value) ? "nan" : "inf";
  } else {
    switch (format.type) {
      case 'e':
      case 'E': out.digits = fmt::format("{:.{}e}", size, precision); break;
      case 'f':
      case 'F': out.digits = fmt::format("{:.{}f}", size, precision); break;
      case 'g':
      case 'G':
      case 'n':
        out.digits = fmt::format("{:.{}g}", size, std::max(precision, 1));
        if (format.alternate) out.digits = with_zeros(out.digits, static_cast<std::size_t>(std::max(precision, 1)));
        break;
      case '%': out.digits = fmt::format("{:.{}f}", size * 100, precision); break;
      case 0:
        if (format.precision < 0) {
          out.digits = float_repr(size);
        } else {
          // As 'g', but with a digit behind the point, and with an exponent one digit earlier.
          const int digits = std::max(precision, 1);
          const std::string scientific = fmt::format("{:.{}e}", size, digits - 1);
          const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
          if (exponent < -4 || exponent >= digits - 1) {
            std::string mantissa = scientific.substr(0, scientific.find('e'));
            if (mantissa.find('.') != mantissa.npos) {
              mantissa.erase(mantissa.find_last_not_of('0') + 1);
              if (mantissa.back() == '.') mantissa.pop_back();
            }
            out.digits = mantissa + scientific.substr(scientific.find('e'));
          } else {
            out.digits = fmt::format("{:.{}g}", size, digits);
            if (out.digits.find_first_of(".e") == out.digits.npos) out.digits += ".0";
          }
        }
        break;
      default: throw Failure(fmt::format("Unknown format code '{}' for object of type 'float'", format.type));
    }
    if (format.alternate && out.digits.find('.') == out.digits.npos) {
      out.digits.insert(std::min(out.digits.find('e'), out.digits.size()), 1, '.');
    }
  }
  if (format.no_negative_zero && out.head == "-" && out.digits.find_first_of("123456789in") == out.digits.npos) {
    out.head = sign_of(false, format.sign);
  }
  if (is_upper) out.digits = upper(out.digits);
  if (format.grouping != 0) out.digits = grouped(out.digits, format.grouping, 3, room(format, out));
  if (format.type == '%') out.digits += '%';
  return out;
}

}  // namespace ondol::jinja
