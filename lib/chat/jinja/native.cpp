#include "chat/jinja/native.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/show.hpp"

namespace ondol::jinja {

namespace {

constexpr std::int64_t largest = std::int64_t{1} << 62;  // a sum of two does not overflow

/// Items or pieces of 64 bytes in the value itself.
std::uint64_t size_of(const Value& value) {
  if (const Text* text = value.text()) return text->size() / 64;
  if (const List* list = value.list()) return list->items.size();
  return value.dict() ? value.dict()->size() : 0;
}

void count_cost(Interpreter& in, const Value& self, const Arguments& arguments) {
  std::uint64_t cost = size_of(self);
  for (const Value& value : arguments.positional) cost += size_of(value);
  for (const auto& [name, value] : arguments.named) cost += size_of(value);
  in.limits.step(cost);
}

}  // namespace

std::int64_t Call::integer(std::size_t i, std::int64_t preset) const {
  if (bound[i] && bound[i]->is(Type::big)) refuse("Python int too large to convert to C ssize_t");
  return place(i, preset);
}

std::int64_t Call::place(std::size_t i, std::int64_t preset) const {
  if (!bound[i]) return preset;
  const Value& value = *bound[i];
  if (value.is_undefined()) use_undefined(value);
  if (const auto small = value.small()) return std::clamp(*small, -largest, largest);
  if (value.is(Type::big)) return value.big().negative() ? -largest : largest;
  refuse(fmt::format("'{}' object cannot be interpreted as an integer", type_name(value)));
}

bool Call::integer_flag(std::size_t i) const {
  const std::int64_t value = integer(i, 0);
  if (value < INT32_MIN || value > INT32_MAX) refuse("Python int too large to convert to C int");
  return value != 0;
}

const Text& Call::text(std::size_t i) const {
  if (!bound[i]) refuse(fmt::format("missing argument '{}'", native.parameters[i]));
  const Value& value = *bound[i];
  if (value.is_undefined()) use_undefined(value);
  if (const Text* text = value.text()) return *text;
  refuse(fmt::format("must be str, not {}", type_name(value)));
}

void Call::refuse(std::string_view reason) const { throw Failure(fmt::format("{}(): {}", native.name, reason)); }

Value call_native(Interpreter& in, const Native& native, const Value& self, Arguments& arguments) {
  if (native.cost == Cost::size) count_cost(in, self, arguments);
  Call call{in, native, self, arguments};
  if (native.required == Native::any) return native.run(call);
  const auto end = std::find(native.parameters.begin(), native.parameters.end(), std::string_view());
  const auto count = static_cast<std::size_t>(end - native.parameters.begin());
  if (arguments.positional.size() > count) {
    call.refuse(fmt::format("takes at most {} arguments, found {}", count, arguments.positional.size()));
  }
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) call.bound[i] = &arguments.positional[i];
  for (const auto& [name, value] : arguments.named) {
    const auto place =
        static_cast<std::size_t>(std::find(native.parameters.begin(), end, name) - native.parameters.begin());
    if (place == count) call.refuse(fmt::format("got an unexpected keyword argument '{}'", name));
    if (call.bound[place]) call.refuse(fmt::format("got multiple values for argument '{}'", name));
    call.bound[place] = &value;
  }
  for (int i = 0; i < native.required; ++i) {
    const auto place = static_cast<std::size_t>(i);
    if (!call.bound[place]) call.refuse(fmt::format("missing argument '{}'", native.parameters[place]));
  }
  return native.run(call);
}

const Native* find_row(std::span<const Native> rows, std::string_view name) noexcept {
  for (const Native& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

const Native* find_filter(std::string_view name) noexcept {
  for (const auto rows :
       {text_filters(), sequence_filters(), selection_filters(), number_filters(), markup_filters()}) {
    if (const Native* found = find_row(rows, name)) return found;
  }
  return nullptr;
}

}  // namespace ondol::jinja
