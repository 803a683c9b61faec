#pragma once

#include "chat/jinja/value.hpp"

namespace ondol::jinja {

/// `object.name`: an attribute, else an item, else undefined.
Value get_attribute(Interpreter& in, const Value& object, std::string_view name);
/// `object[key]`: an item, else an attribute, else undefined.
Value get_item(Interpreter& in, const Value& object, const Value& key);
/// `object[start:stop:step]`; none for a bound that is not given.
Value get_slice(Interpreter& in, const Value& object, const Value& start, const Value& stop, const Value& step);
/// What Python's getattr finds: methods and attributes, never items.
std::optional<Value> python_attribute(Interpreter& in, const Value& object, std::string_view name);

/// Walks a path: "a.b.0", an integer; none is the value itself (the `attribute` argument of filters).
class Path {
 public:
  explicit Path(const Value& attribute);
  Value walk(Interpreter& in, const Value& value, const Value* preset = nullptr) const;

 private:
  Values parts_;
};

[[nodiscard]] bool is_iterable(const Value& value) noexcept;
[[nodiscard]] bool is_callable(const Value& value) noexcept;
/// The items of anything iterable: the characters of a text, the keys of a dict. A generator is used up by it.
ListPtr items_of(Interpreter& in, const Value& value);
/// Python's len.
[[nodiscard]] std::size_t length_of(const Value& value);
[[nodiscard]] std::optional<std::size_t> length_if(const Value& value);
/// An iterator that filters return: usable once, always true.
Value make_generator(Values items, std::string_view type = "generator");

/// Calls a value.
Value call_value(Interpreter& in, const Value& callee, Arguments& arguments);

}  // namespace ondol::jinja
