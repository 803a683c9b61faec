#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/cursor.hpp"

namespace ondol::gguf {

/// Types of metadata values, with GGUF's numbers.
enum class Type : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

/// A metadata value where it lies in the file; converted when asked. Arrays were walked through once and hold what they
/// say: views of elements need no further checks.
struct Value {
  Type type = Type::u8;
  Type element = Type::u8;           ///< of an array
  std::uint64_t length = 1;          ///< elements of an array
  std::uint64_t offset = 0;          ///< of `bytes` in the file
  std::span<const std::byte> bytes;  ///< the number, the text's characters, or the array's elements

  [[nodiscard]] bool is_array() const noexcept { return type == Type::array; }
  /// The type of a lone value or of an array's elements.
  [[nodiscard]] Type item() const noexcept { return is_array() ? element : type; }
};

/// Same type and content.
[[nodiscard]] bool same(const Value& a, const Value& b) noexcept;

/// Reads a type and a value of it and checks all of it: lengths against the file, booleans to be 0 or 1, arrays in
/// arrays to some depth. @throws Error bad_file, unsupported.
[[nodiscard]] Value read_value(Cursor& cursor);

[[nodiscard]] bool is_integer(Type type) noexcept;  ///< not a boolean
[[nodiscard]] bool is_number(Type type) noexcept;   ///< an integer or floating point, not a boolean

/// The number or numbers of `value` as `To` (uint64_t, int64_t or double). Booleans are 0 and 1.
/// Nothing when it holds something else or a number that `To` cannot hold; for double every number will do.
template <class To>
[[nodiscard]] std::optional<std::vector<To>> numbers(const Value& value);

[[nodiscard]] std::string_view text(const Value& value) noexcept;  ///< of a value of Type::text
[[nodiscard]] std::vector<std::string_view> texts(const Value& value,
                                                  std::uint64_t first);  ///< the first ones of an array

/// "u32", "string[49152]".
[[nodiscard]] std::string type_text(const Value& value);
/// The value for people; arrays and long texts cut short.
[[nodiscard]] std::string value_text(const Value& value);

}  // namespace ondol::gguf
