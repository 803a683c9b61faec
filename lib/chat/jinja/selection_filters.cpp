#include <fmt/format.h>

#include <algorithm>

#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/native.hpp"

namespace ondol::jinja {
namespace {

/// A filter or test by its name, for each item: the arguments behind the name are its own.
Value apply(Call& call, const Native* native, std::string_view type, const Value& name, std::size_t used,
            const Value& item) {
  if (!native) call.refuse(fmt::format("No {} named '{}'.", type, name.text()->view()));
  Arguments own;
  const auto begin = call.arguments.positional.begin() + static_cast<std::ptrdiff_t>(used);
  own.positional.assign(begin, call.arguments.positional.end());
  own.named = call.arguments.named;
  call.in.limits.step(1 + own.positional.size());
  return call_native(call.in, *native, item, own);
}

const Value& name_at(Call& call, std::size_t i) {
  const Value& name = call.arguments.positional[i];
  if (!name.text()) call.refuse(fmt::format("a name is expected, not '{}'", type_name(name)));
  return name;
}

Value map(Call& call) {
  auto& [positional, named] = call.arguments;
  if (!truth(call.self)) return make_generator({});
  const ListPtr items = items_of(call.in, call.self);
  Values mapped;
  mapped.reserve(items->items.size());
  if (positional.empty()) {
    const Value* by = nullptr;
    const Value* preset = nullptr;
    for (const auto& [name, value] : named) {
      if (name == "attribute") {
        by = &value;
      } else if (name == "default") {
        preset = value.is_none() ? nullptr : &value;
      } else {
        call.refuse(fmt::format("Unexpected keyword argument '{}'", name));
      }
    }
    if (!by) call.refuse("map requires a filter argument");
    const Path path(*by);
    for (const Value& item : items->items) mapped.push_back(path.walk(call.in, item, preset));
  } else {
    const Value& name = name_at(call, 0);
    const Native* filter = find_filter(name.text()->view());
    for (const Value& item : items->items) mapped.push_back(apply(call, filter, "filter", name, 1, item));
  }
  return make_generator(std::move(mapped));
}

Value choose(Call& call, bool wanted, bool by_attribute) {
  if (!truth(call.self)) return make_generator({});
  const std::size_t off = by_attribute ? 1 : 0;
  const Values& positional = call.arguments.positional;
  if (positional.size() < off) call.refuse("Missing parameter for attribute name");
  const Path path(by_attribute ? positional[0] : Value());
  const Value* name = positional.size() > off ? &name_at(call, off) : nullptr;
  const Native* test = name ? find_test(name->text()->view()) : nullptr;
  Values kept;
  const ListPtr all = items_of(call.in, call.self);
  for (const Value& item : all->items) {
    call.in.limits.step();
    const Value value = path.walk(call.in, item);
    const bool holds = truth(name ? apply(call, test, "test", *name, off + 1, value) : value);
    if (holds == wanted) kept.push_back(item);
  }
  return make_generator(std::move(kept));
}
Value select(Call& call) { return choose(call, true, false); }
Value reject(Call& call) { return choose(call, false, false); }
Value select_attribute(Call& call) { return choose(call, true, true); }
Value reject_attribute(Call& call) { return choose(call, false, true); }

Value preset(Call& call) {
  const bool missing = call.self.is_undefined() || (call.flag(1, false) && !truth(call.self));
  if (!missing) return call.self;
  return call.has(0) ? call.at(0) : Value(Text());
}

/// An attribute, never an item.
Value attribute(Call& call) {
  const Text& name = call.text(0);
  if (call.self.is_undefined()) use_undefined(call.self);
  const auto found = python_attribute(call.in, call.self, name.view());
  return found ? *found : undefined_member(call.self, name);
}

constexpr Native rows[] = {
    {"attr", attribute, {"name"}, 1, Cost::constant},
    {"d", preset, {"default_value", "boolean"}, 0, Cost::constant},
    {"default", preset, {"default_value", "boolean"}, 0, Cost::constant},
    {"map", map, {}, Native::any},
    {"reject", reject, {}, Native::any},
    {"rejectattr", reject_attribute, {}, Native::any},
    {"select", select, {}, Native::any},
    {"selectattr", select_attribute, {}, Native::any},
};

}  // namespace

std::span<const Native> selection_filters() noexcept { return rows; }

}  // namespace ondol::jinja
