#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/jinja/value.hpp"

namespace ondol::jinja {

/// What a call passes.
struct Arguments {
  Values positional;
  std::vector<std::pair<std::string, Value>> named;
};

struct Native;

/// A running call of a filter, test, method or function: its arguments by the place of their parameter.
struct Call {
  Interpreter& in;
  const Native& native;
  const Value& self;  ///< what a filter, test or method is applied to
  Arguments& arguments;
  std::array<const Value*, 5> bound{};

  [[nodiscard]] bool has(std::size_t i) const noexcept { return bound[i] != nullptr; }
  [[nodiscard]] const Value& at(std::size_t i) const noexcept { return *bound[i]; }
  /// Missing or none: nullptr.
  [[nodiscard]] const Value* given(std::size_t i) const noexcept {
    return bound[i] && !bound[i]->is_none() ? bound[i] : nullptr;
  }
  /// Within +-2^62; one of more than 64 bits is refused.
  [[nodiscard]] std::int64_t integer(std::size_t i, std::int64_t preset = 0) const;
  /// Within +-2^62, however large: the bound of a slice.
  [[nodiscard]] std::int64_t place(std::size_t i, std::int64_t preset = 0) const;
  [[nodiscard]] bool flag(std::size_t i, bool preset) const { return bound[i] ? truth(*bound[i]) : preset; }
  /// A flag that Python takes as a C int, so that nothing but integers will do; false if missing.
  [[nodiscard]] bool integer_flag(std::size_t i) const;
  [[nodiscard]] const Text& text(std::size_t i) const;
  /// The receiver of a method of str.
  [[nodiscard]] const Text& self_text() const { return *self.text(); }
  /// Names the call and its argument in a Failure.
  [[noreturn]] void refuse(std::string_view reason) const;
};

/// Steps that a call takes by itself: for the size of what it is given, or none where it does not look at all of it.
enum class Cost : std::uint8_t { size, constant };

/// A filter, test, method or function of C++ as a row of its table.
struct Native {
  static constexpr int any = -1;  ///< `required`: takes whatever comes, in `arguments`

  std::string_view name;
  Value (*run)(Call&);
  std::array<std::string_view, 5> parameters{};
  int required = 0;
  Cost cost = Cost::size;
};

/// Binds the arguments to the row's parameters and runs it.
Value call_native(Interpreter& in, const Native& native, const Value& self, Arguments& arguments);

/// Rows by name; nullptr if there is none.
[[nodiscard]] const Native* find_filter(std::string_view name) noexcept;
[[nodiscard]] const Native* find_test(std::string_view name) noexcept;
[[nodiscard]] const Native* find_function(std::string_view name) noexcept;
[[nodiscard]] const Native* find_method(const Value& self, std::string_view name) noexcept;

/// Strings, numbers and sequences have a file of rows each.
[[nodiscard]] std::span<const Native> text_filters() noexcept;
[[nodiscard]] std::span<const Native> markup_filters() noexcept;
[[nodiscard]] std::span<const Native> number_filters() noexcept;
[[nodiscard]] std::span<const Native> sequence_filters() noexcept;
[[nodiscard]] std::span<const Native> selection_filters() noexcept;
[[nodiscard]] std::span<const Native> text_methods() noexcept;

[[nodiscard]] const Native* find_row(std::span<const Native> rows, std::string_view name) noexcept;

}  // namespace ondol::jinja
