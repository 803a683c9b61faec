#include <fmt/format.h>

#include <algorithm>

#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/operators.hpp"
#include "chat/jinja/show.hpp"
#include "chat/jinja/text_functions.hpp"

namespace ondol::jinja {
namespace {

Value remainder_is(Call& call, const Value& divisor, int expected) {
  return equal(arithmetic(call.in, Operator::modulo, call.self, divisor), expected);
}
Value odd(Call& call) { return remainder_is(call, 2, 1); }
Value even(Call& call) { return remainder_is(call, 2, 0); }
Value divisible_by(Call& call) { return remainder_is(call, call.at(0), 0); }

Value defined(Call& call) { return !call.self.is_undefined(); }
Value not_defined(Call& call) { return call.self.is_undefined(); }
Value none(Call& call) { return call.self.is_none(); }
Value boolean(Call& call) { return call.self.is(Type::boolean); }
Value is_false(Call& call) { return call.self.is(Type::boolean) && !call.self.boolean(); }
Value is_true(Call& call) { return call.self.is(Type::boolean) && call.self.boolean(); }
Value integer(Call& call) { return call.self.is_integer() && !call.self.is(Type::boolean); }
Value real(Call& call) { return call.self.is(Type::real); }
Value number(Call& call) { return call.self.is_number(); }
Value string(Call& call) { return call.self.text() != nullptr; }
Value mapping(Call& call) { return call.self.dict() != nullptr; }
Value iterable(Call& call) { return is_iterable(call.self); }
Value callable(Call& call) { return is_callable(call.self); }
Value escaped(Call& call) { return call.self.text() && call.self.text()->markup(); }
Value filter(Call& call) { return call.self.text() && find_filter(call.self.text()->view()); }
Value test(Call& call) { return call.self.text() && find_test(call.self.text()->view()); }

Value sequence(Call& call) {
  const Value& value = call.self;
  return value.is_undefined() || value.text() || value.list() || value.dict() || value.object_as<Range>();
}

/// Cased characters, all of them of one kind.
Value cased(Call& call, bool lower) {
  bool found = false;
  for (const Character& c : characters(call.in.limits, to_text(call.in.limits, call.self).view())) {
    if (lower ? is_upper(c.code) || is_title(c.code) : is_lower(c.code) || is_title(c.code)) return false;
    found |= lower ? is_lower(c.code) : is_upper(c.code);
  }
  return found;
}
Value lower(Call& call) { return cased(call, true); }
Value upper(Call& call) { return cased(call, false); }

/// Identity: of scalars and texts, that is equality within one type.
Value same_as(Call& call) {
  const Value& a = call.self;
  const Value& b = call.at(0);
  if (a.type() != b.type()) return false;
  if (a.list()) return a.list() == b.list();
  if (a.dict()) return a.dict() == b.dict();
  if (a.object()) return a.object() == b.object();
  return compare(call.in, Comparison::equal, a, b);
}

template <Comparison comparison>
Value compares(Call& call) {
  return compare(call.in, comparison, call.self, call.at(0));
}

constexpr Native rows[] = {
    {"!=", compares<Comparison::not_equal>, {"other"}, 1, Cost::constant},
    {"<", compares<Comparison::less>, {"other"}, 1, Cost::constant},
    {"<=", compares<Comparison::less_equal>, {"other"}, 1, Cost::constant},
    {"==", compares<Comparison::equal>, {"other"}, 1, Cost::constant},
    {">", compares<Comparison::greater>, {"other"}, 1, Cost::constant},
    {">=", compares<Comparison::greater_equal>, {"other"}, 1, Cost::constant},
    {"boolean", boolean, {}, 0, Cost::constant},
    {"callable", callable, {}, 0, Cost::constant},
    {"defined", defined, {}, 0, Cost::constant},
    {"divisibleby", divisible_by, {"num"}, 1, Cost::constant},
    {"eq", compares<Comparison::equal>, {"other"}, 1, Cost::constant},
    {"equalto", compares<Comparison::equal>, {"other"}, 1, Cost::constant},
    {"escaped", escaped, {}, 0, Cost::constant},
    {"even", even, {}, 0, Cost::constant},
    {"false", is_false, {}, 0, Cost::constant},
    {"filter", filter, {}, 0, Cost::constant},
    {"float", real, {}, 0, Cost::constant},
    {"ge", compares<Comparison::greater_equal>, {"other"}, 1, Cost::constant},
    {"greaterthan", compares<Comparison::greater>, {"other"}, 1, Cost::constant},
    {"gt", compares<Comparison::greater>, {"other"}, 1, Cost::constant},
    {"in", compares<Comparison::in>, {"seq"}, 1, Cost::constant},
    {"integer", integer, {}, 0, Cost::constant},
    {"iterable", iterable, {}, 0, Cost::constant},
    {"le", compares<Comparison::less_equal>, {"other"}, 1, Cost::constant},
    {"lessthan", compares<Comparison::less>, {"other"}, 1, Cost::constant},
    {"lower", lower},
    {"lt", compares<Comparison::less>, {"other"}, 1, Cost::constant},
    {"mapping", mapping, {}, 0, Cost::constant},
    {"ne", compares<Comparison::not_equal>, {"other"}, 1, Cost::constant},
    {"none", none, {}, 0, Cost::constant},
    {"number", number, {}, 0, Cost::constant},
    {"odd", odd, {}, 0, Cost::constant},
    {"sameas", same_as, {"other"}, 1, Cost::constant},
    {"sequence", sequence, {}, 0, Cost::constant},
    {"string", string, {}, 0, Cost::constant},
    {"test", test, {}, 0, Cost::constant},
    {"true", is_true, {}, 0, Cost::constant},
    {"undefined", not_defined, {}, 0, Cost::constant},
    {"upper", upper},
};

}  // namespace

const Native* find_test(std::string_view name) noexcept { return find_row(rows, name); }

}  // namespace ondol::jinja
