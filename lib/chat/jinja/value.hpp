#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "chat/jinja/big_integer.hpp"
#include "chat/jinja/text.hpp"

namespace ondol::jinja {

class Interpreter;
class Value;
struct Arguments;

struct None {};

/// Jinja's Undefined: prints as nothing, is false, fails with its message when used otherwise.
struct Undefined {
  std::shared_ptr<const std::string> message;
};

struct List;
class Dict;
class Object;
using ListPtr = std::shared_ptr<const List>;
using DictPtr = std::shared_ptr<const Dict>;
using ObjectPtr = std::shared_ptr<Object>;

/// The types that Python would see; the order is that of Value's alternatives.
enum class Type : std::uint8_t { undefined, none, boolean, integer, big, real, text, list, dict, object };

/// A value of a template. Immutable but for what hides behind Object (namespaces, loops, generators); cheap to copy.
class Value {
 public:
  Value() : value_(None{}) {}
  Value(None) : value_(None{}) {}                               // NOLINT(google-explicit-constructor)
  Value(Undefined undefined) : value_(std::move(undefined)) {}  // NOLINT
  template <std::same_as<bool> Boolean>
  Value(Boolean value) : value_(value) {}                                 // NOLINT
  Value(std::int64_t value) : value_(value) {}                            // NOLINT
  Value(int value) : value_(std::int64_t{value}) {}                       // NOLINT
  Value(std::size_t value) : value_(static_cast<std::int64_t>(value)) {}  // NOLINT: sizes are below 2^63
  Value(const BigInteger& value);                                         // NOLINT: becomes small where it fits
  Value(double value) : value_(value) {}                                  // NOLINT
  Value(Text text) : value_(std::move(text)) {}                           // NOLINT
  Value(ListPtr list) : value_(std::move(list)) {}                        // NOLINT
  Value(DictPtr dict) : value_(std::move(dict)) {}                        // NOLINT
  Value(ObjectPtr object) : value_(std::move(object)) {}                  // NOLINT
  /// A text of the template's own.
  static Value source(std::string text) { return Text(std::move(text)); }

  [[nodiscard]] Type type() const noexcept { return static_cast<Type>(value_.index()); }
  [[nodiscard]] bool is(Type type) const noexcept { return this->type() == type; }
  [[nodiscard]] bool is_none() const noexcept { return is(Type::none); }
  [[nodiscard]] bool is_undefined() const noexcept { return is(Type::undefined); }
  /// bool, int
  [[nodiscard]] bool is_integer() const noexcept { return type() >= Type::boolean && type() <= Type::big; }
  /// bool, int, float
  [[nodiscard]] bool is_number() const noexcept { return type() >= Type::boolean && type() <= Type::real; }

  [[nodiscard]] bool boolean() const { return std::get<bool>(value_); }
  [[nodiscard]] double real() const { return std::get<double>(value_); }
  /// Of a bool or an integer of 64 bits.
  [[nodiscard]] std::optional<std::int64_t> small() const noexcept;
  /// Of any bool or integer.
  [[nodiscard]] BigInteger big() const;
  /// Of any number.
  [[nodiscard]] double to_double() const;
  [[nodiscard]] const Text* text() const noexcept { return std::get_if<Text>(&value_); }
  [[nodiscard]] const List* list() const noexcept {
    const auto* p = std::get_if<ListPtr>(&value_);
    return p ? p->get() : nullptr;
  }
  [[nodiscard]] const Dict* dict() const noexcept {
    const auto* p = std::get_if<DictPtr>(&value_);
    return p ? p->get() : nullptr;
  }
  [[nodiscard]] const ListPtr& list_pointer() const { return std::get<ListPtr>(value_); }
  [[nodiscard]] const DictPtr& dict_pointer() const { return std::get<DictPtr>(value_); }
  [[nodiscard]] Object* object() const noexcept {
    const auto* p = std::get_if<ObjectPtr>(&value_);
    return p ? p->get() : nullptr;
  }
  template <class Derived>
  [[nodiscard]] Derived* object_as() const noexcept {
    return dynamic_cast<Derived*>(object());
  }
  [[nodiscard]] const Undefined& undefined() const { return std::get<Undefined>(value_); }

  /// Levels of containers in this value: 0 for a scalar.
  [[nodiscard]] std::uint32_t depth() const noexcept;
  /// What walking all of it costs in steps: one for each value in it and for each 64 bytes of text. A value that stands
  /// in two places counts twice.
  [[nodiscard]] std::uint64_t weight() const noexcept;

 private:
  std::variant<Undefined, None, bool, std::int64_t, std::shared_ptr<const BigInteger>, double, Text, ListPtr, DictPtr,
               ObjectPtr>
      value_;
};

using Values = std::vector<Value>;

/// Containers deeper than this are a Failure: whatever walks or destroys them is recursive.
inline constexpr std::uint32_t max_value_depth = 400;
/// The depth of a container around these. @throws Failure
std::uint32_t depth_around(const Values& values);
std::uint32_t depth_around(const Value& value);
/// Sum that stays at its greatest value instead of wrapping.
[[nodiscard]] constexpr std::uint64_t add_weights(std::uint64_t a, std::uint64_t b) noexcept {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

struct List {
  enum class Kind : std::uint8_t { list, tuple, group };  ///< group: groupby's pair (grouper, list)
  Values items;
  Kind kind = Kind::list;
  std::uint32_t depth = 1;
  std::uint64_t weight = 1;
};
[[nodiscard]] Value make_list(Values items, List::Kind kind = List::Kind::list);
[[nodiscard]] inline Value make_tuple(Values items) { return make_list(std::move(items), List::Kind::tuple); }

/// Keys are hashable values, in the order of insertion.
class Dict {
 public:
  using Member = std::pair<Value, Value>;

  /// A key that is there keeps its place and takes the new value.
  void set(const Value& key, Value value);
  [[nodiscard]] const Value* find(const Value& key) const;
  [[nodiscard]] const Value* find(std::string_view key) const;
  [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }
  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
  [[nodiscard]] std::uint32_t depth() const noexcept { return depth_; }
  [[nodiscard]] std::uint64_t weight() const noexcept { return weight_; }

 private:
  [[nodiscard]] std::size_t place(const Value& key, std::size_t hash) const;
  std::vector<Member> members_;
  std::unordered_multimap<std::size_t, std::size_t> index_;  // hash to place, only where a walk would be slow
  std::uint32_t depth_ = 1;
  std::uint64_t weight_ = 1;
};

/// What is neither data nor a scalar: ranges, generators, functions, macros, loops, namespaces.
class Object : public std::enable_shared_from_this<Object> {
 public:
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;

  /// Name of the Python type for messages ("range").
  [[nodiscard]] virtual std::string_view type_name() const noexcept = 0;
  virtual void append_repr(TextBuilder& out) const;
  [[nodiscard]] virtual std::optional<Value> attribute(Interpreter&, std::string_view) { return std::nullopt; }
  [[nodiscard]] virtual bool callable() const noexcept { return false; }
  virtual Value call(Interpreter&, Arguments&);
  [[nodiscard]] virtual bool iterable() const noexcept { return false; }
  /// The items; a generator is used up by it.
  virtual Values items(Interpreter&) { return {}; }
  [[nodiscard]] virtual std::optional<std::size_t> length() { return std::nullopt; }
  [[nodiscard]] virtual bool truth() { return true; }
  [[nodiscard]] virtual bool equals(const Object& other) const { return this == &other; }
  [[nodiscard]] virtual std::uint32_t depth() const noexcept { return 1; }
  [[nodiscard]] virtual std::uint64_t weight() const noexcept { return 1; }
};

[[nodiscard]] bool truth(const Value& value);
[[nodiscard]] bool equal(const Value& a, const Value& b);
/// @throws Failure a list, a dict or another value without a hash.
[[nodiscard]] std::size_t hash(const Value& value);
/// Python's name of the value's type: "str", "NoneType".
[[nodiscard]] std::string_view type_name(const Value& value);

[[nodiscard]] Value undefined(std::string message);
[[nodiscard]] Value undefined_name(std::string_view name);
/// An attribute or item that `object` lacks.
[[nodiscard]] Value undefined_member(const Value& object, const Value& name);
[[nodiscard]] Value unsafe_attribute(const Value& object, std::string_view name);
[[noreturn]] void use_undefined(const Value& value);

}  // namespace ondol::jinja
