#include "chat/jinja/operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/markup.hpp"
#include "chat/jinja/text_functions.hpp"

namespace ondol::jinja {
namespace {

constexpr std::string_view symbols[] = {"+", "-", "*", "/", "//", "%", "** or pow()"};
constexpr std::string_view comparison_symbols[] = {"==", "!=", "<", "<=", ">", ">="};

std::string_view symbol(Operator op) { return symbols[static_cast<std::size_t>(op)]; }

[[noreturn]] void unsupported(Operator op, const Value& a, const Value& b) {
  throw Failure(
      fmt::format("unsupported operand type(s) for {}: '{}' and '{}'", symbol(op), type_name(a), type_name(b)));
}

[[noreturn]] void by_zero() { throw Failure("division by zero"); }

Value real_arithmetic(Operator op, double a, double b) {
  switch (op) {
    case Operator::add: return a + b;
    case Operator::subtract: return a - b;
    case Operator::multiply: return a * b;
    case Operator::divide:
      if (b == 0) by_zero();
      return a / b;
    case Operator::floor_divide:
    case Operator::modulo: {
      if (b == 0) by_zero();
      double rest = std::fmod(a, b);
      double quotient = (a - rest) / b;
      if (rest != 0) {
        if ((b < 0) != (rest < 0)) rest += b, quotient -= 1;
      } else {
        rest = std::copysign(0.0, b);
      }
      if (op == Operator::modulo) return rest;
      if (quotient == 0) return std::copysign(0.0, a / b);
      const double floored = std::floor(quotient);
      return quotient - floored > 0.5 ? floored + 1 : floored;
    }
    case Operator::power: break;
  }
  if (a == 0 && b < 0) throw Failure("0.0 cannot be raised to a negative power");
  if (a < 0 && b != std::floor(b)) throw Failure("a negative number cannot be raised to a fractional power");
  const double power = std::pow(a, b);
  if (std::isinf(power) && std::isfinite(a) && std::isfinite(b)) throw Failure("Numerical result out of range");
  return power;
}

Value big_arithmetic(Interpreter& in, Operator op, const Value& left, const Value& right) {
  const BigInteger a = left.big();
  const BigInteger b = right.big();
  in.limits.step(a.work(b));
  switch (op) {
    case Operator::add: return a + b;
    case Operator::subtract: return a - b;
    case Operator::multiply: return a * b;
    case Operator::divide: {
      if (b.zero()) by_zero();
      const double quotient = a.true_quotient(b);
      if (std::isinf(quotient)) throw Failure("integer division result too large for a float");
      return quotient;
    }
    case Operator::floor_divide:
    case Operator::modulo: {
      if (b.zero()) by_zero();
      auto [quotient, rest] = a.divide(b);
      return op == Operator::modulo ? rest : quotient;
    }
    case Operator::power: break;
  }
  if (b.negative()) return real_arithmetic(op, a.to_double(), b.to_double());
  const auto exponent = b.small();
  if (!exponent)
    throw Failure(fmt::format("the template computes an integer of more than {} digits", BigInteger::max_digits));
  in.limits.step(a.power_work(static_cast<std::uint64_t>(*exponent)));
  return a.power(static_cast<std::uint64_t>(*exponent));
}

bool exact_as_real(std::int64_t value) { return value <= 1LL << 53 && value >= -(1LL << 53); }

Value integer_arithmetic(Interpreter& in, Operator op, const Value& left, const Value& right) {
  const auto a = left.small();
  const auto b = right.small();
  std::int64_t result = 0;
  if (a && b) {
    switch (op) {
      case Operator::add:
        if (!__builtin_add_overflow(*a, *b, &result)) return result;
        break;
      case Operator::subtract:
        if (!__builtin_sub_overflow(*a, *b, &result)) return result;
        break;
      case Operator::multiply:
        if (!__builtin_mul_overflow(*a, *b, &result)) return result;
        break;
      case Operator::divide:
        if (*b == 0) by_zero();
        if (!exact_as_real(*a) || !exact_as_real(*b)) break;
        return static_cast<double>(*a) / static_cast<double>(*b);
      case Operator::floor_divide:
      case Operator::modulo: {
        if (*b == 0) by_zero();
        if (*b == -1) break;  // the one quotient that overflows
        const std::int64_t rest = *a % *b;
        const bool off = rest != 0 && (rest < 0) != (*b < 0);
        return op == Operator::modulo ? (off ? rest + *b : rest) : *a / *b - (off ? 1 : 0);
      }
      case Operator::power: break;
    }
  }
  return big_arithmetic(in, op, left, right);
}

Value repeat(Interpreter& in, const Value& value, const Value& times) {
  const auto small = times.small();
  if (!small) throw Failure("cannot fit 'int' into an index-sized integer");
  const std::size_t count = *small <= 0 ? 0 : static_cast<std::size_t>(*small);
  if (const Text* text = value.text()) {
    in.limits.growing(count != 0 && text->size() > SIZE_MAX / count ? SIZE_MAX : count * text->size());
    TextBuilder out(in.limits);
    if (!text->has_content()) {
      out.repeat(text->view(), count);
    } else {
      for (std::size_t i = 0; i < count; ++i) out.append(*text);
    }
    return out.finish(text->markup());
  }
  const List& list = *value.list();
  in.limits.step(count != 0 && list.items.size() > SIZE_MAX / count ? SIZE_MAX : count * list.items.size());
  Values items;
  for (std::size_t i = 0; i < (list.items.empty() ? 0 : count); ++i) {
    items.insert(items.end(), list.items.begin(), list.items.end());
  }
  return make_list(std::move(items), list.kind == List::Kind::list ? List::Kind::list : List::Kind::tuple);
}

Text sum(Interpreter& in, const Text& a, const Text& b) {
  const bool markup = a.markup() || b.markup();
  TextBuilder out(in.limits);
  out.reserve(a.size() + b.size());
  out.append(markup && !a.markup() ? escape_html(in.limits, a) : a);
  out.append(markup && !b.markup() ? escape_html(in.limits, b) : b);
  return out.finish(markup);
}

bool is_list(const Value& value) { return value.is(Type::list) && value.list()->kind == List::Kind::list; }

/// -1, 0, 1; 2 for numbers that have no order (NaN).
int order_numbers(const Value& a, const Value& b) {
  if (const auto x = a.small(), y = b.small(); x && y) return *x < *y ? -1 : *x > *y;
  if (a.is_integer() && b.is_integer()) return a.big().compare(b.big());
  const double x = a.to_double();
  const double y = b.to_double();
  if (std::isnan(x) || std::isnan(y)) return 2;
  if (x != y || !std::isfinite(x) || a.is_integer() == b.is_integer()) return x < y ? -1 : x > y;
  // An integer may be beside the double that it rounds to.
  return a.is_integer() ? a.big().compare(BigInteger(y)) : BigInteger(x).compare(b.big());
}

bool ordered(Comparison op, int order) {
  switch (op) {
    case Comparison::less: return order == -1;
    case Comparison::less_equal: return order == -1 || order == 0;
    case Comparison::greater: return order == 1;
    default: return order == 1 || order == 0;
  }
}

bool compare_order(Comparison op, const Value& a, const Value& b) {
  if (a.is_undefined()) use_undefined(a);
  if (b.is_undefined()) use_undefined(b);
  if (a.is_number() && b.is_number()) return ordered(op, order_numbers(a, b));
  if (a.text() && b.text()) {
    const int order = a.text()->view().compare(b.text()->view());  // the order of code points too
    return ordered(op, order < 0 ? -1 : order > 0);
  }
  if (a.list() && b.list() && is_list(a) == is_list(b)) {
    const Values& x = a.list()->items;
    const Values& y = b.list()->items;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equal(x[i], y[i])) return compare_order(op, x[i], y[i]);
    }
    return ordered(op, x.size() < y.size() ? -1 : x.size() > y.size());
  }
  throw Failure(fmt::format("'{}' not supported between instances of '{}' and '{}'",
                            comparison_symbols[static_cast<std::size_t>(op)], type_name(a), type_name(b)));
}

}  // namespace

Value arithmetic(Interpreter& in, Operator op, const Value& a, const Value& b) {
  if (op == Operator::modulo && a.text()) return percent_format(in, *a.text(), b);
  if (a.is_undefined()) use_undefined(a);
  if (b.is_undefined()) use_undefined(b);
  if (a.is_number() && b.is_number()) {
    if (a.is_integer() && b.is_integer()) return integer_arithmetic(in, op, a, b);
    for (const Value& operand : {a, b}) {
      if (operand.is(Type::big) && std::isinf(operand.to_double())) throw Failure("int too large to convert to float");
    }
    return real_arithmetic(op, a.to_double(), b.to_double());
  }
  if (op == Operator::add) {
    if (a.text() && b.text()) return sum(in, *a.text(), *b.text());
    if (a.text()) throw Failure(fmt::format("can only concatenate str (not \"{}\") to str", type_name(b)));
    if (a.list() && b.list() && is_list(a) == is_list(b)) {
      in.limits.step(a.list()->items.size() + b.list()->items.size());
      Values items = a.list()->items;
      items.insert(items.end(), b.list()->items.begin(), b.list()->items.end());
      return make_list(std::move(items), is_list(a) ? List::Kind::list : List::Kind::tuple);
    }
  }
  if (op == Operator::multiply) {
    if ((a.text() || a.list()) && b.is_integer()) return repeat(in, a, b);
    if ((b.text() || b.list()) && a.is_integer()) return repeat(in, b, a);
  }
  unsupported(op, a, b);
}

Value negative(const Value& value) {
  if (value.is_undefined()) use_undefined(value);
  if (value.is(Type::real)) return -value.real();
  if (!value.is_integer()) throw Failure(fmt::format("bad operand type for unary -: '{}'", type_name(value)));
  if (const auto small = value.small(); small && *small != INT64_MIN) return -*small;
  return value.big().negated();
}

Value positive(const Value& value) {
  if (value.is_undefined()) use_undefined(value);
  if (!value.is_number()) throw Failure(fmt::format("bad operand type for unary +: '{}'", type_name(value)));
  if (value.is(Type::boolean)) return *value.small();
  return value;
}

bool contains(Interpreter& in, const Value& container, const Value& item) {
  if (const Text* text = container.text()) {
    const Text* part = item.text();
    if (!part) {
      throw Failure(fmt::format("'in <string>' requires string as left operand, not {}", type_name(item)));
    }
    in.limits.step(text->size() / 64);
    return find_text(text->view(), part->view()) != std::string_view::npos;
  }
  if (const Dict* dict = container.dict()) {
    in.limits.step(item.weight());
    return dict->find(item) != nullptr;
  }
  if (!is_iterable(container)) {
    throw Failure(fmt::format("argument of type '{}' is not iterable", type_name(container)));
  }
  const ListPtr items = items_of(in, container);
  return std::any_of(items->items.begin(), items->items.end(), [&](const Value& v) { return equal(in, v, item); });
}

bool compare(Interpreter& in, Comparison op, const Value& a, const Value& b) {
  switch (op) {
    case Comparison::equal: return equal(in, a, b);
    case Comparison::not_equal: return !equal(in, a, b);
    case Comparison::in: return contains(in, b, a);
    case Comparison::not_in: return !contains(in, b, a);
    default: break;
  }
  in.limits.step(std::min(a.weight(), b.weight()));
  return compare_order(op, a, b);
}

bool less(Interpreter& in, const Value& a, const Value& b) { return compare(in, Comparison::less, a, b); }

bool less(const Value& a, const Value& b) { return compare_order(Comparison::less, a, b); }

bool equal(Interpreter& in, const Value& a, const Value& b) {
  in.limits.step(std::min(a.weight(), b.weight()));
  return equal(a, b);
}

}  // namespace ondol::jinja
