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
  for (const Character& c : characters(to_text(call.in.limits, call.self).view())) {
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
  return equal(a, b);
}

template <Comparison comparison>
Value compares(Call& call) {
  return compare(call.in, comparison, call.self, call.at(0));
}

constexpr Native rows[] = {
    {"!=", compares<Comparison::not_equal>, {"other"}, 1},
    {"<", compares<Comparison::less>, {"other"}, 1},
    {"<=", compares<Comparison::less_equal>, {"other"}, 1},
    {"==", compares<Comparison::equal>, {"other"}, 1},
    {">", compares<Comparison::greater>, {"other"}, 1},
    {">=", compares<Comparison::greater_equal>, {"other"}, 1},
    {"boolean", boolean},
    {"callable", callable},
    {"defined", defined},
    {"divisibleby", divisible_by, {"num"}, 1},
    {"eq", compares<Comparison::equal>, {"other"}, 1},
    {"equalto", compares<Comparison::equal>, {"other"}, 1},
    {"escaped", escaped},
    {"even", even},
    {"false", is_false},
    {"filter", filter},
    {"float", real},
    {"ge", compares<Comparison::greater_equal>, {"other"}, 1},
    {"greaterthan", compares<Comparison::greater>, {"other"}, 1},
    {"gt", compares<Comparison::greater>, {"other"}, 1},
    {"in", compares<Comparison::in>, {"seq"}, 1},
    {"integer", integer},
    {"iterable", iterable},
    {"le", compares<Comparison::less_equal>, {"other"}, 1},
    {"lessthan", compares<Comparison::less>, {"other"}, 1},
    {"lower", lower},
    {"lt", compares<Comparison::less>, {"other"}, 1},
    {"mapping", mapping},
    {"ne", compares<Comparison::not_equal>, {"other"}, 1},
    {"none", none},
    {"number", number},
    {"odd", odd},
    {"sameas", same_as, {"other"}, 1},
    {"sequence", sequence},
    {"string", string},
    {"test", test},
    {"true", is_true},
    {"undefined", not_defined},
    {"upper", upper},
};

}  // namespace

const Native* find_test(std::string_view name) noexcept { return find_row(rows, name); }

}  // namespace ondol::jinja
