#include "files/gguf_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/checked.hpp"
#include "files/printable.hpp"

namespace ondol::gguf {
namespace {

struct TypeRow {
  std::string_view name;
  std::uint32_t least;  // bytes that a value takes at least; exactly so for numbers
  bool integer;
  bool number;
};

/// In the order of Type.
constexpr TypeRow types[] = {
    {"u8", 1, true, true},       {"i8", 1, true, true},       {"u16", 2, true, true},  {"i16", 2, true, true},
    {"u32", 4, true, true},      {"i32", 4, true, true},      {"f32", 4, false, true}, {"bool", 1, false, false},
    {"string", 8, false, false}, {"array", 12, false, false}, {"u64", 8, true, true},  {"i64", 8, true, true},
    {"f64", 8, false, true},
};

/// No known file nests arrays at all; each level costs a stack frame.
constexpr int most_depth = 8;

const TypeRow& row(Type type) { return types[static_cast<std::size_t>(type)]; }

Type read_type(Cursor& cursor, std::string_view what) {
  const std::uint64_t at = cursor.offset();
  const auto number = cursor.read<std::uint32_t>(what);
  if (number >= std::size(types)) {
    cursor.refuse(fmt::format("{} is {}, expected 0 .. {}", what, number, std::size(types) - 1), at);
  }
  return static_cast<Type>(number);
}

void check_booleans(const Cursor& cursor, std::span<const std::byte> bytes, std::uint64_t offset) {
  const auto wrong = std::ranges::find_if(bytes, [](std::byte b) { return b > std::byte{1}; });
  if (wrong == bytes.end()) return;
  cursor.refuse(fmt::format("boolean is {}, expected 0 or 1", std::to_integer<int>(*wrong)),
                offset + static_cast<std::uint64_t>(wrong - bytes.begin()));
}

struct Array {
  Type element;
  std::uint64_t length;
  std::uint64_t offset;
};

/// Reads an array's head and goes past its elements.
Array walk_array(Cursor& cursor, int depth) {
  if (depth > most_depth) {
    cursor.refuse(fmt::format("arrays nested deeper than {} levels", most_depth), cursor.offset(), Status::unsupported);
  }
  Array array{};
  array.element = read_type(cursor, "type of the array's elements");
  const std::uint64_t at = cursor.offset();
  array.length = cursor.read<std::uint64_t>("length of the array");
  array.offset = cursor.offset();
  const std::uint32_t least = row(array.element).least;
  const auto size = checked_multiply(array.length, least);
  if (!size || *size > cursor.left()) {
    cursor.refuse(fmt::format("array of {} elements of at least {} bytes, {} bytes are left of the file", array.length,
                              least, cursor.left()),
                  at);
  }
  switch (array.element) {
    case Type::text:
      for (std::uint64_t i = 0; i < array.length; ++i) (void)cursor.text("string in the array");
      break;
    case Type::array:
      for (std::uint64_t i = 0; i < array.length; ++i) (void)walk_array(cursor, depth + 1);
      break;
    default: {
      const auto bytes = cursor.take(*size, "array");
      if (array.element == Type::boolean) check_booleans(cursor, bytes, array.offset);
    }
  }
  return array;
}

/// Calls `visit` with each number, in its own C++ type, until it returns false.
template <class Visit>
bool each_number(const Value& value, Visit&& visit) {
  const auto all = [&]<class From>(From) {
    for (std::size_t at = 0; at + sizeof(From) <= value.bytes.size(); at += sizeof(From)) {
      From x;
      std::memcpy(&x, value.bytes.data() + at, sizeof x);
      if (!visit(x)) return false;
    }
    return true;
  };
  switch (value.item()) {
    case Type::u8:
    case Type::boolean: return all(std::uint8_t{});
    case Type::i8: return all(std::int8_t{});
    case Type::u16: return all(std::uint16_t{});
    case Type::i16: return all(std::int16_t{});
    case Type::u32: return all(std::uint32_t{});
    case Type::i32: return all(std::int32_t{});
    case Type::f32: return all(float{});
    case Type::u64: return all(std::uint64_t{});
    case Type::i64: return all(std::int64_t{});
    case Type::f64: return all(double{});
    case Type::text:
    case Type::array: break;
  }
  return false;
}

}  // namespace

bool same(const Value& a, const Value& b) noexcept {
  return a.type == b.type && a.item() == b.item() && a.length == b.length && std::ranges::equal(a.bytes, b.bytes);
}

bool is_integer(Type type) noexcept { return row(type).integer; }
bool is_number(Type type) noexcept { return row(type).number; }

Value read_value(Cursor& cursor) {
  Value value;
  value.type = read_type(cursor, "type of the value");
  value.offset = cursor.offset();
  switch (value.type) {
    case Type::text: {
      const std::string_view text = cursor.text("string");
      value.offset += 8;
      value.bytes = std::as_bytes(std::span(text.data(), text.size()));
      break;
    }
    case Type::array: {
      Cursor start = cursor;
      const Array array = walk_array(cursor, 1);
      value.element = array.element;
      value.length = array.length;
      value.offset = array.offset;
      (void)start.take(array.offset - start.offset(), "array");
      value.bytes = start.take(cursor.offset() - array.offset, "array");
      break;
    }
    default:
      value.bytes = cursor.take(row(value.type).least, "value");
      if (value.type == Type::boolean) check_booleans(cursor, value.bytes, value.offset);
  }
  return value;
}

template <class To>
std::optional<std::vector<To>> numbers(const Value& value) {
  std::vector<To> out;
  out.reserve(value.bytes.size() / row(value.item()).least);
  const bool fits = each_number(value, [&out]<class From>(From x) {
    if constexpr (std::is_floating_point_v<To>) {
      out.push_back(static_cast<To>(x));
      return true;
    } else if constexpr (std::is_floating_point_v<From>) {
      return false;
    } else {
      if (!std::in_range<To>(x)) return false;
      out.push_back(static_cast<To>(x));
      return true;
    }
  });
  if (!fits) return std::nullopt;
  return out;
}

template std::optional<std::vector<std::uint64_t>> numbers(const Value&);
template std::optional<std::vector<std::int64_t>> numbers(const Value&);
template std::optional<std::vector<double>> numbers(const Value&);

std::string_view text(const Value& value) noexcept {
  return {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()};
}

std::vector<std::string_view> texts(const Value& value, std::uint64_t first) {
  Cursor cursor(value.bytes, {});
  std::vector<std::string_view> out;
  out.reserve(std::min(first, value.length));
  while (out.size() < std::min(first, value.length)) out.push_back(cursor.text("string"));
  return out;
}

std::string type_text(const Value& value) {
  if (!value.is_array()) return std::string(row(value.type).name);
  return fmt::format("{}[{}]", row(value.element).name, value.length);
}

std::string value_text(const Value& value) {
  constexpr std::uint64_t shown = 8;
  if (value.type == Type::text) return printable(text(value), 200);
  std::vector<std::string> parts;
  if (value.item() == Type::text) {
    for (const std::string_view t : texts(value, shown)) parts.push_back(fmt::format("\"{}\"", printable(t, 24)));
  } else if (value.item() != Type::array) {
    each_number(value, [&](auto x) {
      parts.push_back(value.item() == Type::boolean ? (x != 0 ? "true" : "false") : fmt::format("{}", x));
      return parts.size() < shown;
    });
  }
  if (!value.is_array()) return parts.front();
  const bool cut = parts.size() < value.length;
  return fmt::format("[{}{}]", fmt::join(parts, ", "), !cut ? "" : parts.empty() ? "..." : ", ...");
}

}  // namespace ondol::gguf
