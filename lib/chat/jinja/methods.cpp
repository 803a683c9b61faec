#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/objects.hpp"

namespace ondol::jinja {
namespace {

// dict ----------------------------------------------------------------------------------------------------------------

Value view(Call& call, DictView::Part part) {
  return ObjectPtr(std::make_shared<DictView>(call.self.dict_pointer(), part));
}
Value keys(Call& call) { return view(call, DictView::Part::keys); }
Value values(Call& call) { return view(call, DictView::Part::values); }
Value items(Call& call) { return view(call, DictView::Part::items); }
Value copy(Call& call) { return call.self; }

Value get(Call& call) {
  call.in.limits.step(call.at(0).weight());
  if (const Value* found = call.self.dict()->find(call.at(0))) return *found;
  return call.has(1) ? call.at(1) : Value();
}

Value from_keys(Call& call) {
  auto made = std::make_shared<Dict>();
  const ListPtr all = items_of(call.in, call.at(0));
  for (const Value& key : all->items) {
    call.in.limits.step(key.weight());
    made->set(key, call.has(1) ? call.at(1) : Value());
  }
  return DictPtr(std::move(made));
}

constexpr Native dict_rows[] = {
    {"copy", copy, {}, 0, Cost::constant},
    {"fromkeys", from_keys, {"iterable", "value"}, 1},
    {"get", get, {"key", "default"}, 1, Cost::constant},
    {"items", items, {}, 0, Cost::constant},
    {"keys", keys, {}, 0, Cost::constant},
    {"values", values, {}, 0, Cost::constant},
};

// list and tuple ------------------------------------------------------------------------------------------------------

Value count(Call& call) {
  const Values& all = call.self.list()->items;
  return static_cast<std::int64_t>(
      std::count_if(all.begin(), all.end(), [&](const Value& item) { return equal(call.in, item, call.at(0)); }));
}

Value index(Call& call) {
  const Values& all = call.self.list()->items;
  const auto size = static_cast<std::int64_t>(all.size());
  const auto bound = [&](std::size_t i, std::int64_t preset) {
    const std::int64_t at = call.place(i, preset);
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const std::int64_t stop = bound(2, size);
  for (std::int64_t i = bound(1, 0); i < stop; ++i) {
    if (equal(call.in, all[static_cast<std::size_t>(i)], call.at(0))) return i;
  }
  call.refuse("the value is not in the list");
}

constexpr Native list_rows[] = {
    {"copy", copy}, {"count", count, {"value"}, 1}, {"index", index, {"value", "start", "stop"}, 1}};
constexpr Native tuple_rows[] = {{"count", count, {"value"}, 1}, {"index", index, {"value", "start", "stop"}, 1}};

// range ---------------------------------------------------------------------------------------------------------------

Value range_count(Call& call) {
  const ListPtr all = items_of(call.in, call.self);
  return static_cast<std::int64_t>(std::count_if(all->items.begin(), all->items.end(),
                                                 [&](const Value& item) { return equal(call.in, item, call.at(0)); }));
}

Value range_index(Call& call) {
  const ListPtr all = items_of(call.in, call.self);
  for (std::size_t i = 0; i < all->items.size(); ++i) {
    if (equal(call.in, all->items[i], call.at(0))) return i;
  }
  call.refuse("the value is not in range");
}

constexpr Native range_rows[] = {{"count", range_count, {"value"}, 1}, {"index", range_index, {"value"}, 1}};

// numbers -------------------------------------------------------------------------------------------------------------

Value is_integer(Call& call) {
  if (call.self.is_integer()) return true;
  return std::isfinite(call.self.real()) && call.self.real() == std::floor(call.self.real());
}
Value bit_length(Call& call) {
  const BigInteger value = call.self.big();
  call.in.limits.step(value.work(value));
  const std::size_t size = (value.negative() ? value.negated() : value).to_string(2).size();
  return value.zero() ? Value(0) : Value(size);
}
Value conjugate(Call& call) { return call.self; }

constexpr Native integer_rows[] = {{"bit_length", bit_length}, {"conjugate", conjugate}, {"is_integer", is_integer}};
constexpr Native real_rows[] = {{"conjugate", conjugate}, {"is_integer", is_integer}};

}  // namespace

const Native* find_method(const Value& self, std::string_view name) noexcept {
  switch (self.type()) {
    case Type::text: return find_row(text_methods(), name);
    case Type::dict: return find_row(dict_rows, name);
    case Type::list:
      return self.list()->kind == List::Kind::list ? find_row(list_rows, name) : find_row(tuple_rows, name);
    case Type::boolean:
    case Type::integer:
    case Type::big: return find_row(integer_rows, name);
    case Type::real: return find_row(real_rows, name);
    case Type::object: return self.object_as<Range>() ? find_row(range_rows, name) : nullptr;
    default: return nullptr;
  }
}

}  // namespace ondol::jinja
