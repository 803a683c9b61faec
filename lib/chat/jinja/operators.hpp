#pragma once

#include "chat/jinja/value.hpp"

namespace ondol::jinja {

enum class Operator : std::uint8_t { add, subtract, multiply, divide, floor_divide, modulo, power };
enum class Comparison : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal, in, not_in };

/// Python's operators, with its types and errors.
Value arithmetic(Interpreter& in, Operator op, const Value& a, const Value& b);
Value negative(const Value& value);
Value positive(const Value& value);
[[nodiscard]] bool compare(Interpreter& in, Comparison op, const Value& a, const Value& b);
[[nodiscard]] bool contains(Interpreter& in, const Value& container, const Value& item);
/// a < b; without steps: of small values.
[[nodiscard]] bool less(Interpreter& in, const Value& a, const Value& b);
[[nodiscard]] bool less(const Value& a, const Value& b);
/// a == b
[[nodiscard]] bool equal(Interpreter& in, const Value& a, const Value& b);

/// `text` % `values`: formatting in the manner of C.
Text percent_format(Interpreter& in, const Text& text, const Value& values);

}  // namespace ondol::jinja
