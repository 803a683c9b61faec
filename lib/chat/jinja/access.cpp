#include "chat/jinja/access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/objects.hpp"
#include "chat/jinja/operators.hpp"

namespace ondol::jinja {
namespace {

/// Methods that would change their object: the sandbox knows them, and forbids them.
bool changes(const Value& object, std::string_view name) noexcept {
  constexpr std::string_view of_list[] = {"append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"};
  constexpr std::string_view of_dict[] = {"clear", "pop", "popitem", "setdefault", "update"};
  if (object.dict()) return std::find(std::begin(of_dict), std::end(of_dict), name) != std::end(of_dict);
  return object.list() && object.list()->kind == List::Kind::list &&
         std::find(std::begin(of_list), std::end(of_list), name) != std::end(of_list);
}

std::optional<Value> scalar_attribute(const Value& object, std::string_view name) {
  if (object.is_number()) {
    if (name == "real") return positive(object);
    if (name == "imag") return object.is(Type::real) ? Value(0.0) : Value(0);
    if (object.is_integer() && name == "numerator") return positive(object);
    if (object.is_integer() && name == "denominator") return Value(1);
  }
  if (const List* list = object.list(); list && list->kind == List::Kind::group) {
    if (name == "grouper") return list->items[0];
    if (name == "list") return list->items[1];
  }
  return std::nullopt;
}

/// Python's rules for the bounds of a slice over `size` items.
struct Bounds {
  std::int64_t start;
  std::int64_t stop;
  std::int64_t step;
  std::size_t count;

  Bounds(const Value& from, const Value& to, const Value& by, std::size_t length) {
    const auto size = static_cast<std::int64_t>(length);
    step = by.is_none() ? 1 : index(by, size);
    if (step == 0) throw Failure("slice step cannot be zero");
    if (step == INT64_MIN) step = -INT64_MAX;
    const std::int64_t low = step < 0 ? -1 : 0;
    const std::int64_t high = step < 0 ? size - 1 : size;
    start = from.is_none() ? (step < 0 ? high : low) : bound(from, size, low, high);
    stop = to.is_none() ? (step < 0 ? low : high) : bound(to, size, low, high);
    const std::int64_t span = step < 0 ? start - stop : stop - start;
    count = span <= 0 ? 0 : static_cast<std::size_t>((span - 1) / (step < 0 ? -step : step) + 1);
  }

  static std::int64_t index(const Value& value, std::int64_t) {
    if (value.is_undefined()) use_undefined(value);
    if (const auto small = value.small()) return *small;
    if (value.is(Type::big)) return value.big().negative() ? INT64_MIN : INT64_MAX;
    throw Failure("slice indices must be integers or None or have an __index__ method");
  }

  static std::int64_t bound(const Value& value, std::int64_t size, std::int64_t low, std::int64_t high) {
    std::int64_t i = index(value, size);
    if (i < 0) i = i < -size ? low : i + size;
    return std::clamp(i, low, high);
  }
};

Text slice_text(Interpreter& in, const Text& text, const Bounds& bounds) {
  if (bounds.count == 0) return Text().as_markup(text.markup());
  if (bounds.step == 1) {
    const std::size_t begin = text.byte_of(static_cast<std::size_t>(bounds.start));
    const std::string_view rest = text.view().substr(begin);
    std::size_t end = begin + bounds.count;
    if (!text.ascii()) {
      in.limits.step(text.size() / 64);
      end = begin;
      std::size_t left = bounds.count;
      for (std::size_t at = 0; left > 0; --left) end = begin + (at += utf8_length(rest.substr(at)));
    }
    in.limits.text(end - begin);
    return text.slice(begin, end);
  }
  std::vector<std::size_t> starts;
  starts.reserve(text.length() + 1);
  for (std::size_t at = 0; at < text.size(); at += std::max<std::size_t>(utf8_length(text.view().substr(at)), 1)) {
    starts.push_back(at);
  }
  starts.push_back(text.size());
  in.limits.step(starts.size());
  TextBuilder out(in.limits);
  std::int64_t at = bounds.start;
  for (std::size_t i = 0; i < bounds.count; ++i, at += bounds.step) {
    out.append(text, starts[static_cast<std::size_t>(at)], starts[static_cast<std::size_t>(at) + 1]);
  }
  return out.finish(text.markup());
}

std::optional<std::size_t> place(const Value& key, std::size_t size) {
  const auto index = key.small();
  if (!index) return std::nullopt;
  const auto length = static_cast<std::int64_t>(size);
  if (*index < -length || *index >= length) return std::nullopt;
  return static_cast<std::size_t>(*index < 0 ? *index + length : *index);
}

std::optional<Value> item(const Value& object, const Value& key) {
  if (const Dict* dict = object.dict()) {
    if (key.list() && key.list()->kind == List::Kind::list) return std::nullopt;  // no hash, no item
    if (key.dict()) return std::nullopt;
    const Value* found = dict->find(key);
    return found ? std::optional(*found) : std::nullopt;
  }
  if (const List* list = object.list()) {
    const auto i = place(key, list->items.size());
    return i ? std::optional(list->items[*i]) : std::nullopt;
  }
  if (const Text* text = object.text()) {
    const auto i = place(key, text->length());
    if (!i) return std::nullopt;
    const std::size_t begin = text->byte_of(*i);
    return text->slice(begin, begin + utf8_length(text->view().substr(begin)));
  }
  if (const auto* range = object.object_as<Range>()) {
    const auto i = place(key, range->size());
    return i ? std::optional(range->at(*i)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Value> python_attribute(Interpreter& in, const Value& object, std::string_view name) {
  if (name.starts_with("__") && name.ends_with("__") && name.size() > 4) return unsafe_attribute(object, name);
  if (changes(object, name)) return unsafe_attribute(object, name);
  if (Object* special = object.object()) {
    if (auto found = special->attribute(in, name)) return found;
  }
  if (const Native* method = find_method(object, name)) {
    return ObjectPtr(std::make_shared<BoundMethod>(*method, object));
  }
  return scalar_attribute(object, name);
}

Value get_attribute(Interpreter& in, const Value& object, std::string_view name) {
  if (object.is_undefined()) use_undefined(object);
  if (auto found = python_attribute(in, object, name)) return *found;
  if (const Dict* dict = object.dict()) {
    if (const Value* found = dict->find(name)) return *found;
  }
  return undefined_member(object, Value::source(std::string(name)));
}

Value get_item(Interpreter& in, const Value& object, const Value& key) {
  if (object.is_undefined()) use_undefined(object);
  if (const Text* text = object.text(); text && !text->ascii()) in.limits.step(text->size() / 64);
  in.limits.step(key.weight() - 1);  // dicts look at all of it
  if (auto found = item(object, key)) return *found;
  if (const Text* name = key.text()) {
    if (auto found = python_attribute(in, object, name->view())) return *found;
  }
  return undefined_member(object, key);
}

Value get_slice(Interpreter& in, const Value& object, const Value& start, const Value& stop, const Value& step) {
  if (object.is_undefined()) use_undefined(object);
  if (const Text* text = object.text()) return slice_text(in, *text, Bounds(start, stop, step, text->length()));
  const auto* range = object.object_as<Range>();
  if (!range && !object.list()) throw Failure(fmt::format("'{}' object is not subscriptable", type_name(object)));
  const Bounds bounds(start, stop, step, range ? range->size() : object.list()->items.size());
  if (range) return range->slice(bounds.start, bounds.stop, bounds.step, bounds.count);
  in.limits.step(bounds.count);
  const List& list = *object.list();
  Values items;
  items.reserve(bounds.count);
  std::int64_t at = bounds.start;
  for (std::size_t i = 0; i < bounds.count; ++i, at += bounds.step)
    items.push_back(list.items[static_cast<std::size_t>(at)]);
  return make_list(std::move(items), list.kind == List::Kind::list ? List::Kind::list : List::Kind::tuple);
}

Path::Path(const Value& attribute) {
  if (attribute.is_none()) return;
  const Text* text = attribute.text();
  if (!text) {
    parts_.push_back(attribute);
    return;
  }
  std::string_view rest = text->view();
  for (bool more = true; more;) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, dot);
    more = dot < rest.size();
    rest.remove_prefix(std::min(dot + 1, rest.size()));
    std::int64_t number = 0;
    const auto read = std::from_chars(part.data(), part.data() + part.size(), number);
    if (!part.empty() && part[0] != '-' && read.ec == std::errc() && read.ptr == part.data() + part.size()) {
      parts_.emplace_back(number);
    } else {
      parts_.push_back(Value::source(std::string(part)));
    }
  }
}

Value Path::walk(Interpreter& in, const Value& value, const Value* preset) const {
  Value at = value;
  for (const Value& part : parts_) {
    in.limits.step();
    at = get_item(in, at, part);
    if (preset && at.is_undefined()) at = *preset;
  }
  return at;
}

bool is_iterable(const Value& value) noexcept {
  switch (value.type()) {
    case Type::undefined:
    case Type::text:
    case Type::list:
    case Type::dict: return true;
    case Type::object: return value.object()->iterable();
    default: return false;
  }
}

bool is_callable(const Value& value) noexcept {
  return value.is_undefined() || (value.object() && value.object()->callable());
}

ListPtr items_of(Interpreter& in, const Value& value) {
  Values items;
  switch (value.type()) {
    case Type::undefined: break;
    case Type::list: return value.list_pointer();
    case Type::text: {
      const Text& text = *value.text();
      in.limits.step(text.length());
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = std::max<std::size_t>(utf8_length(text.view().substr(at)), 1);
        items.push_back(text.slice(at, at + length).as_markup(false));
        at += length;
      }
      break;
    }
    case Type::dict:
      in.limits.step(value.dict()->size());
      for (const auto& member : value.dict()->members()) items.push_back(member.first);
      break;
    case Type::object:
      if (value.object()->iterable()) {
        items = value.object()->items(in);
        in.limits.step(items.size());
        break;
      }
      [[fallthrough]];
    default: throw Failure(fmt::format("'{}' object is not iterable", type_name(value)));
  }
  return make_list(std::move(items)).list_pointer();
}

std::optional<std::size_t> length_if(const Value& value) {
  switch (value.type()) {
    case Type::undefined: return 0;
    case Type::text: return value.text()->length();
    case Type::list: return value.list()->items.size();
    case Type::dict: return value.dict()->size();
    case Type::object: return value.object()->length();
    default: return std::nullopt;
  }
}

std::size_t length_of(const Value& value) {
  const auto length = length_if(value);
  if (!length) throw Failure(fmt::format("object of type '{}' has no len()", type_name(value)));
  return *length;
}

Value make_generator(Values items, std::string_view type) {
  return ObjectPtr(std::make_shared<Generator>(std::move(items), type));
}

Value call_value(Interpreter& in, const Value& callee, Arguments& arguments) {
  if (callee.is_undefined()) use_undefined(callee);
  Object* object = callee.object();
  if (!object || !object->callable()) {
    throw Failure(fmt::format("'{}' object is not callable", type_name(callee)));
  }
  return object->call(in, arguments);
}

}  // namespace ondol::jinja
