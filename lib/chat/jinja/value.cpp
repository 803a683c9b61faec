#include "chat/jinja/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "chat/jinja/show.hpp"

namespace ondol::jinja {
namespace {

constexpr std::size_t indexed_from = 12;
constexpr std::size_t nowhere = SIZE_MAX;

}  // namespace

Value::Value(const BigInteger& value) {
  if (const auto small = value.small()) {
    value_ = *small;
  } else {
    value_ = std::make_shared<const BigInteger>(value);
  }
}

std::optional<std::int64_t> Value::small() const noexcept {
  if (const auto* v = std::get_if<std::int64_t>(&value_)) return *v;
  if (const auto* v = std::get_if<bool>(&value_)) return *v;
  return std::nullopt;
}

BigInteger Value::big() const {
  if (const auto v = small()) return BigInteger(*v);
  return *std::get<std::shared_ptr<const BigInteger>>(value_);
}

double Value::to_double() const {
  if (const auto* v = std::get_if<double>(&value_)) return *v;
  if (const auto v = small()) return static_cast<double>(*v);
  return big().to_double();
}

std::uint32_t Value::depth() const noexcept {
  switch (type()) {
    case Type::list: return list()->depth;
    case Type::dict: return dict()->depth();
    case Type::object: return object()->depth();
    default: return 0;
  }
}

std::uint64_t Value::weight() const noexcept {
  switch (type()) {
    case Type::text: return 1 + text()->size() / 64;
    case Type::list: return list()->weight;
    case Type::dict: return dict()->weight();
    case Type::object: return object()->weight();
    default: return 1;
  }
}

std::uint32_t depth_around(const Value& value) {
  const std::uint32_t depth = value.depth();
  if (depth >= max_value_depth) {
    throw Failure(fmt::format("the template nests values more than {} deep", max_value_depth));
  }
  return depth + 1;
}

std::uint32_t depth_around(const Values& values) {
  std::uint32_t depth = 1;
  for (const Value& value : values) depth = std::max(depth, depth_around(value));
  return depth;
}

Value make_list(Values items, List::Kind kind) {
  const std::uint32_t depth = depth_around(items);
  std::uint64_t weight = 1;
  for (const Value& item : items) weight = add_weights(weight, item.weight());
  return std::make_shared<const List>(List{std::move(items), kind, depth, weight});
}

void Dict::set(const Value& key, Value value) {
  depth_ = std::max({depth_, depth_around(value), depth_around(key)});
  weight_ = add_weights(weight_, add_weights(key.weight(), value.weight()));
  const std::size_t code = index_.empty() && key.text() ? 0 : hash(key);  // refuses what has none
  const std::size_t found = place(key, code);
  if (found != nowhere) {
    members_[found].second = std::move(value);
    return;
  }
  members_.emplace_back(key, std::move(value));
  if (members_.size() == indexed_from) {
    for (std::size_t i = 0; i < members_.size(); ++i) index_.emplace(hash(members_[i].first), i);
  } else if (members_.size() > indexed_from) {  // then `code` is the key's
    index_.emplace(code, members_.size() - 1);
  }
}

std::size_t Dict::place(const Value& key, std::size_t code) const {
  if (index_.empty()) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (equal(members_[i].first, key)) return i;
    }
    return nowhere;
  }
  const auto [first, last] = index_.equal_range(code);
  for (auto i = first; i != last; ++i) {
    if (equal(members_[i->second].first, key)) return i->second;
  }
  return nowhere;
}

const Value* Dict::find(const Value& key) const {
  const std::size_t found = place(key, index_.empty() && key.text() ? 0 : hash(key));
  return found == nowhere ? nullptr : &members_[found].second;
}

const Value* Dict::find(std::string_view key) const {
  if (!index_.empty()) return find(Value::source(std::string(key)));
  for (const Member& member : members_) {
    if (const Text* text = member.first.text(); text && text->view() == key) return &member.second;
  }
  return nullptr;
}

void Object::append_repr(TextBuilder& out) const { out.append(fmt::format("<{} object>", type_name())); }

Value Object::call(Interpreter&, Arguments&) { throw Failure(fmt::format("'{}' object is not callable", type_name())); }

bool truth(const Value& value) {
  switch (value.type()) {
    case Type::undefined:
    case Type::none: return false;
    case Type::boolean: return value.boolean();
    case Type::integer: return *value.small() != 0;
    case Type::big: return true;
    case Type::real: return value.real() != 0;
    case Type::text: return !value.text()->empty();
    case Type::list: return !value.list()->items.empty();
    case Type::dict: return value.dict()->size() > 0;
    case Type::object: break;
  }
  return value.object()->truth();
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (const auto x = a.small(), y = b.small(); x && y) return *x == *y;
    if (a.is_integer() && b.is_integer()) return a.big().compare(b.big()) == 0;
    const double x = a.to_double();
    const double y = b.to_double();
    if (x != y || !std::isfinite(x)) return x == y;
    const auto exact = [](const Value& v) { return v.is_integer() ? v.big() : BigInteger(v.real()); };
    return x == std::trunc(x) ? exact(a).compare(exact(b)) == 0 : true;
  }
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Type::undefined:
    case Type::none: return true;
    case Type::text: return *a.text() == *b.text();
    case Type::list: {
      const List& x = *a.list();
      const List& y = *b.list();
      return (x.kind == List::Kind::list) == (y.kind == List::Kind::list) &&
             std::equal(x.items.begin(), x.items.end(), y.items.begin(), y.items.end(), equal);
    }
    case Type::dict: {
      const Dict& x = *a.dict();
      const Dict& y = *b.dict();
      return x.size() == y.size() && std::all_of(x.members().begin(), x.members().end(), [&](const Dict::Member& m) {
               const Value* twin = y.find(m.first);
               return twin && equal(*twin, m.second);
             });
    }
    default: return a.object()->equals(*b.object());
  }
}

std::size_t hash(const Value& value) {
  switch (value.type()) {
    case Type::undefined: return 1;
    case Type::none: return 2;
    case Type::boolean:
    case Type::integer: return std::hash<std::int64_t>{}(*value.small());
    case Type::big: return std::hash<double>{}(value.to_double());
    case Type::real: {
      const double v = value.real();
      const bool whole = v == std::trunc(v) && std::fabs(v) < 9e18;  // equals an integer: hashes as it
      return whole ? std::hash<std::int64_t>{}(static_cast<std::int64_t>(v)) : std::hash<double>{}(v);
    }
    case Type::text: return std::hash<std::string_view>{}(value.text()->view());
    case Type::list:
      if (value.list()->kind != List::Kind::list) {
        std::size_t code = 3;
        for (const Value& item : value.list()->items) code = code * 1000003 + hash(item);
        return code;
      }
      [[fallthrough]];
    case Type::dict: throw Failure(fmt::format("unhashable type: '{}'", type_name(value)));
    case Type::object: break;
  }
  return std::hash<const void*>{}(value.object());
}

std::string_view type_name(const Value& value) {
  switch (value.type()) {
    case Type::undefined: return "Undefined";
    case Type::none: return "NoneType";
    case Type::boolean: return "bool";
    case Type::integer:
    case Type::big: return "int";
    case Type::real: return "float";
    case Type::text: return value.text()->markup() ? "Markup" : "str";
    case Type::list: return value.list()->kind == List::Kind::list ? "list" : "tuple";
    case Type::dict: return "dict";
    case Type::object: break;
  }
  return value.object()->type_name();
}

Value undefined(std::string message) { return Undefined{std::make_shared<const std::string>(std::move(message))}; }

Value undefined_name(std::string_view name) { return undefined(fmt::format("'{}' is undefined", name)); }

Value undefined_member(const Value& object, const Value& name) {
  const std::string owner = object.is_none() ? "None" : fmt::format("{} object", type_name(object));
  if (const Text* text = name.text()) return undefined(fmt::format("'{}' has no attribute '{}'", owner, text->view()));
  return undefined(fmt::format("{} has no element {}", owner, brief(name)));
}

Value unsafe_attribute(const Value& object, std::string_view name) {
  return undefined(fmt::format("access to attribute '{}' of '{}' object is unsafe.", name, type_name(object)));
}

void use_undefined(const Value& value) { throw Failure(*value.undefined().message); }

}  // namespace ondol::jinja
