#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/numbers.hpp"
#include "chat/jinja/operators.hpp"

namespace ondol::jinja {
namespace {

Value absolute(Call& call) {
  const Value& value = call.self;
  if (value.is_undefined() || !value.is_number()) {
    call.refuse(fmt::format("bad operand type for abs(): '{}'", type_name(value)));
  }
  if (value.is(Type::real)) return std::fabs(value.real());
  const bool below = value.is(Type::big) ? value.big().negative() : *value.small() < 0;
  return below ? negative(value) : positive(value);
}

Value whole(Call& call) {
  const Value& value = call.self;
  const Value preset = call.has(0) ? call.at(0) : Value(0);
  if (value.is_undefined()) use_undefined(value);
  if (const Text* text = value.text()) {
    const std::uint64_t digits = std::min<std::uint64_t>(text->size(), BigInteger::max_digits);
    call.in.limits.step(digits * digits / 1024);  // in another base than ten
    if (const auto found = parse_integer(text->view(), call.integer(1, 10))) return *found;
    const auto real = parse_real(text->view());
    return real && std::isfinite(*real) ? Value(BigInteger(*real)) : preset;
  }
  if (!value.is_number()) return preset;
  if (!value.is(Type::real)) return positive(value);
  if (std::isinf(value.real())) call.refuse("cannot convert float infinity to integer");
  return std::isfinite(value.real()) ? Value(BigInteger(value.real())) : preset;
}

Value real(Call& call) {
  const Value& value = call.self;
  if (value.is_undefined()) use_undefined(value);
  const Value preset = call.has(0) ? call.at(0) : Value(0.0);
  if (const Text* text = value.text()) {
    const auto found = parse_real(text->view());
    return found ? Value(*found) : preset;
  }
  return value.is_number() ? Value(value.to_double()) : preset;
}

Value rounded(Call& call) {
  const Value& value = call.self;
  const std::int64_t digits = call.integer(0, 0);
  const std::string_view method = call.has(1) ? call.text(1).view() : "common";
  if (method != "common" && method != "ceil" && method != "floor") call.refuse("method must be common, ceil or floor");
  if (value.is_undefined() || !value.is_number()) {
    call.refuse(fmt::format("type {} doesn't define __round__ method", type_name(value)));
  }
  if (method == "common") {
    if (value.is(Type::real)) return round_to(value.real(), digits);
    if (digits >= 0) return positive(value);
    call.in.limits.step(static_cast<std::uint64_t>(-std::max<std::int64_t>(digits, -5000)));
    // To the nearest multiple of 10^n, halves to the even one.
    const BigInteger unit =
        BigInteger(std::int64_t{10}).power(static_cast<std::uint64_t>(-std::max<std::int64_t>(digits, -5000)));
    const auto [quotient, rest] = value.big().divide(unit);
    const int half = (rest + rest).compare(unit);
    const bool odd = !quotient.divide(BigInteger(std::int64_t{2})).second.zero();
    return (half > 0 || (half == 0 && odd) ? quotient + BigInteger(std::int64_t{1}) : quotient) * unit;
  }
  const Value scale = arithmetic(call.in, Operator::power, 10, digits);
  const Value scaled = arithmetic(call.in, Operator::multiply, value, scale);
  if (scaled.is_integer()) return arithmetic(call.in, Operator::divide, scaled, scale);
  const double moved = method == "ceil" ? std::ceil(scaled.real()) : std::floor(scaled.real());
  if (!std::isfinite(moved)) call.refuse("cannot convert float infinity or NaN to integer");
  return arithmetic(call.in, Operator::divide, Value(BigInteger(moved)), scale);
}

Value file_size(Call& call) {
  const bool binary = call.flag(0, false);
  if (call.self.is_undefined()) use_undefined(call.self);
  double bytes = 0;
  if (const Text* text = call.self.text()) {
    const auto found = parse_real(text->view());
    if (!found) call.refuse(fmt::format("could not convert string to float: '{}'", text->view()));
    bytes = *found;
  } else if (call.self.is_number()) {
    bytes = call.self.to_double();
  } else {
    call.refuse(fmt::format("a number is expected, not '{}'", type_name(call.self)));
  }
  constexpr std::array<std::string_view, 8> prefixes = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  const double base = binary ? 1024 : 1000;
  if (bytes == 1) return Value::source("1 Byte");
  if (bytes < base) return Value::source(fmt::format("{} Bytes", BigInteger(bytes).to_string()));
  const BigInteger factor(std::int64_t{binary ? 1024 : 1000});
  BigInteger exact = factor;  // Python compares with the integer, which a double may not hold
  for (std::size_t i = 0;; ++i) {
    exact = exact * factor;
    const double unit = exact.to_double();
    if (less(Value(bytes), Value(exact)) || i + 1 == prefixes.size()) {
      const std::string_view prefix = binary && i == 0 ? "K" : prefixes[i];
      return Value::source(fmt::format("{:.1f} {}{}", base * bytes / unit, prefix, binary ? "iB" : "B"));
    }
  }
}

constexpr Native rows[] = {
    {"abs", absolute},
    {"filesizeformat", file_size, {"binary"}},
    {"float", real, {"default"}},
    {"int", whole, {"default", "base"}},
    {"round", rounded, {"precision", "method"}},
};

}  // namespace

std::span<const Native> number_filters() noexcept { return rows; }

}  // namespace ondol::jinja
