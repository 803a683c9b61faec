#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ondol {

/// How `Json::dump` writes; the choices of Python's json.dumps. The defaults are compact.
struct JsonStyle {
  std::string item_separator = ",";
  std::string key_separator = ":";
  std::optional<std::string> indent{};  ///< text of one level ("  "); each item on a line of its own
  bool ascii = false;                   ///< what is not printable ASCII as \uXXXX
  bool sort_keys = false;

  [[nodiscard]] static JsonStyle python() { return {.item_separator = ", ", .key_separator = ": "}; }
};

/// A JSON value: immutable, cheap to copy (strings, arrays and objects are shared), objects in the order written.
/// Strings are valid UTF-8. Integers are exact: 64 bits as numbers, longer ones as their digits.
class Json {
 public:
  using Member = std::pair<std::string, Json>;
  using Array = std::vector<Json>;
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };

  Json() = default;
  Json(std::nullptr_t) {}                           // NOLINT(google-explicit-constructor): values read as literals
  Json(bool value) : value_(value) {}               // NOLINT
  Json(int value) : value_(std::int64_t{value}) {}  // NOLINT
  Json(std::int64_t value) : value_(value) {}       // NOLINT
  Json(std::uint64_t value);                        // NOLINT
  Json(double value) : value_(value) {}             // NOLINT
  Json(std::string_view value);                     // NOLINT: what is not UTF-8 becomes U+FFFD
  Json(const std::string& value) : Json(std::string_view(value)) {}  // NOLINT
  Json(const char* value) : Json(std::string_view(value)) {}         // NOLINT
  Json(Array items);                                                 // NOLINT

  [[nodiscard]] static Json array(std::initializer_list<Json> items) { return Json(Array(items)); }
  /// Of two members with one key the last one's value counts, at the first one's place.
  [[nodiscard]] static Json object(std::vector<Member> members = {});
  [[nodiscard]] static Json object(std::initializer_list<Member> members) {
    return object(std::vector<Member>(members));
  }
  /// An integer of any length: `digits` is -?[0-9]+.
  [[nodiscard]] static Json integer(std::string_view digits);

  /// Strict JSON, at most 256 levels deep; text that is not UTF-8 and lone surrogates become U+FFFD.
  /// @param what names the text in messages ("messages", a file).
  /// @param most_values of arrays and objects inside; each takes up to 250 bytes of memory besides its text.
  /// @throws Error invalid_argument, with the offset where it is known.
  [[nodiscard]] static Json parse(std::string_view text, std::string_view what,
                                  std::size_t most_values = std::numeric_limits<std::size_t>::max());
  /// Reads an object a member at a time, so that no more than one of them is in memory: use(key, value) in the order
  /// written; a key that is there twice comes twice.
  /// @param inside if not empty, the member whose own members are wanted; the others are read and dropped.
  /// @param most_values of a single member, as above.
  /// @return whether there is such an object.
  /// @throws Error as parse(), and where the text is not UTF-8.
  static bool each_member(std::string_view text, std::string_view what, std::string_view inside, std::size_t most_values,
                          const std::function<void(const std::string& key, const Json& value)>& use);

  [[nodiscard]] Kind kind() const noexcept;
  [[nodiscard]] bool is(Kind kind) const noexcept { return this->kind() == kind; }
  [[nodiscard]] bool is_null() const noexcept { return is(Kind::null); }
  [[nodiscard]] bool is_array() const noexcept { return is(Kind::array); }
  [[nodiscard]] bool is_object() const noexcept { return is(Kind::object); }
  [[nodiscard]] bool is_string() const noexcept { return is(Kind::string); }

  /// The value, or nothing if it has another kind (or does not fit).
  [[nodiscard]] std::optional<bool> as_bool() const noexcept;
  [[nodiscard]] std::optional<std::int64_t> as_int64() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> as_uint64() const noexcept;
  [[nodiscard]] std::optional<double> as_double() const noexcept;  ///< of an integer too
  [[nodiscard]] const std::string* as_string() const noexcept;
  /// Digits of an integer of any length; nothing for other kinds.
  [[nodiscard]] std::optional<std::string> digits() const;

  /// Items of an array, members of an object in order; empty for other kinds. Valid as long as a copy of this value.
  [[nodiscard]] const Array& items() const noexcept;
  [[nodiscard]] const std::vector<Member>& members() const noexcept;
  /// Number of items or members.
  [[nodiscard]] std::size_t size() const noexcept;
  /// Member of an object; nullptr if there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view key) const noexcept;
  /// @throws Error invalid_argument: no such member or item.
  [[nodiscard]] const Json& at(std::string_view key) const;
  [[nodiscard]] const Json& at(std::size_t index) const;

  /// Same kind and value; objects whatever their order; an integer never equals a number.
  [[nodiscard]] bool operator==(const Json& other) const;

  /// As Python's json.dumps writes, for numbers too: 1.0, 1e+16, NaN.
  [[nodiscard]] std::string dump(const JsonStyle& style = {}) const;

 private:
  struct Object;
  struct Digits {
    std::shared_ptr<const std::string> text;
  };
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, Digits, double, std::shared_ptr<const std::string>,
               std::shared_ptr<const Array>, std::shared_ptr<const Object>>
      value_;
};

/// Name of a kind for messages: "an object".
[[nodiscard]] const char* kind_name(Json::Kind kind) noexcept;

/// The shortest digits that read back as the same number, laid out as Python's repr: 1.0, 1e-07, inf.
[[nodiscard]] std::string float_repr(double value);

/// Appends `text` (valid UTF-8) in quotes, escaped as JSON.
void append_json_string(std::string& out, std::string_view text, bool ascii = false);

}  // namespace ondol
