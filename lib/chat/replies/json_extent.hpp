#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/json.hpp"

namespace ondol::replies {

/// Finds the end of a JSON value that arrives in pieces, and the first byte that no JSON has (RFC 8259), but for lone
/// surrogates and numbers beyond a double.
class JsonExtent {
 public:
  /// Reads on, up to the value's end or the byte that cannot be. @return so many bytes were read.
  std::size_t read(std::string_view text);
  /// The text has ended: a number does too.
  void end();

  [[nodiscard]] bool complete() const noexcept { return state_ == State::complete; }
  [[nodiscard]] bool broken() const noexcept { return state_ == State::broken; }

 private:
  static constexpr std::size_t max_depth = 250;  // Json::parse reads 256, which leaves room for objects around it
  enum class State : std::uint8_t {
    value,      // one must come
    item,       // a value or the array's end
    first_key,  // a key or the object's end
    key,
    colon,
    next,  // a comma or the end of what is open
    string,
    escape,
    hex,
    literal,
    number,
    complete,
    broken,
  };
  enum class Number : std::uint8_t {
    minus,
    zero,
    whole,
    point,
    fraction,
    exponent,
    exponent_sign,
    exponent_digits,
    bad
  };

  [[nodiscard]] bool step(char c);
  void begin_value(char c);
  void open(bool object);
  void close(char c);
  void in_next(char c);
  void in_string(char c);
  void in_escape(char c);
  void in_hex(char c);
  void in_literal(char c);
  [[nodiscard]] bool in_number(char c);
  void end_value() noexcept { state_ = depth_ == 0 ? State::complete : State::next; }
  void end_string() noexcept;

  State state_ = State::value;
  Number number_ = Number::bad;
  bool in_key_ = false;
  int hex_digits_ = 0;
  std::string_view literal_;  // what of it must still come
  std::size_t depth_ = 0;
  std::bitset<max_depth> objects_;  // which of the open containers are objects
};

/// The value that `text` is; nothing if it is no JSON. Does not throw for that.
[[nodiscard]] std::optional<Json> json_of(std::string_view text);

}  // namespace ondol::replies
