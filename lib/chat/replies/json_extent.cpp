#include "chat/replies/json_extent.hpp"

#include "chat/replies/match.hpp"
#include "ondol/error.hpp"

namespace ondol::replies {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_white(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

std::size_t JsonExtent::read(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && !complete() && !broken()) {
    if (step(text[i]) && !broken()) ++i;
  }
  return i;
}

void JsonExtent::end() {
  if (state_ == State::number) (void)in_number(' ');
  if (!complete()) state_ = State::broken;
}

/// Whether `c` is used up: the byte behind a number is not.
bool JsonExtent::step(char c) {
  switch (state_) {
    case State::string: in_string(c); return true;
    case State::escape: in_escape(c); return true;
    case State::hex: in_hex(c); return true;
    case State::literal: in_literal(c); return true;
    case State::number: return in_number(c);
    default: break;
  }
  if (is_white(c)) return true;
  switch (state_) {
    case State::item:
      if (c == ']') {
        close(c);
        break;
      }
      [[fallthrough]];
    case State::value: begin_value(c); break;
    case State::first_key:
      if (c == '}') {
        close(c);
        break;
      }
      [[fallthrough]];
    case State::key:
      state_ = c == '"' ? State::string : State::broken;
      in_key_ = true;
      break;
    case State::colon: state_ = c == ':' ? State::value : State::broken; break;
    default: in_next(c);
  }
  return true;
}

void JsonExtent::begin_value(char c) {
  switch (c) {
    case '{': return open(true);
    case '[': return open(false);
    case '"':
      state_ = State::string;
      in_key_ = false;
      return;
    case 't': literal_ = "rue"; break;
    case 'f': literal_ = "alse"; break;
    case 'n': literal_ = "ull"; break;
    default:
      state_ = c == '-' || is_digit(c) ? State::number : State::broken;
      number_ = c == '-' ? Number::minus : c == '0' ? Number::zero : Number::whole;
      return;
  }
  state_ = State::literal;
}

void JsonExtent::open(bool object) {
  if (depth_ == max_depth) {
    state_ = State::broken;
    return;
  }
  objects_[depth_++] = object;
  state_ = object ? State::first_key : State::item;
}

void JsonExtent::close(char c) {
  if (objects_[depth_ - 1] != (c == '}')) {
    state_ = State::broken;
    return;
  }
  --depth_;
  end_value();
}

void JsonExtent::in_next(char c) {
  if (c == '}' || c == ']') return close(c);
  state_ = c != ',' ? State::broken : objects_[depth_ - 1] ? State::key : State::value;
}

void JsonExtent::in_string(char c) {
  if (c == '"') return end_string();
  if (c == '\\') {
    state_ = State::escape;
  } else if (static_cast<unsigned char>(c) < 0x20) {
    state_ = State::broken;
  }
}

void JsonExtent::end_string() noexcept {
  if (in_key_) {
    state_ = State::colon;
  } else {
    end_value();
  }
}

void JsonExtent::in_escape(char c) {
  constexpr std::string_view known = "\"\\/bfnrt";
  hex_digits_ = 0;
  state_ = c == 'u' ? State::hex : known.find(c) != known.npos ? State::string : State::broken;
}

void JsonExtent::in_hex(char c) {
  const char lower = static_cast<char>(c | 0x20);
  if (!is_digit(c) && (lower < 'a' || lower > 'f')) {
    state_ = State::broken;
  } else if (++hex_digits_ == 4) {
    state_ = State::string;
  }
}

void JsonExtent::in_literal(char c) {
  if (literal_.front() != c) {
    state_ = State::broken;
    return;
  }
  literal_.remove_prefix(1);
  if (literal_.empty()) end_value();
}

bool JsonExtent::in_number(char c) {
  using enum Number;
  const bool e = c == 'e' || c == 'E';
  switch (number_) {
    case minus: number_ = c == '0' ? zero : is_digit(c) ? whole : bad; break;
    case zero:
    case whole:
      if (c == '.' || e) {
        number_ = e ? exponent : point;
        break;
      }
      if (is_digit(c) && number_ == whole) break;
      end_value();
      return false;
    case point: number_ = is_digit(c) ? fraction : bad; break;
    case fraction:
      if (is_digit(c)) break;
      if (!e) {
        end_value();
        return false;
      }
      number_ = exponent;
      break;
    case exponent: number_ = c == '+' || c == '-' ? exponent_sign : is_digit(c) ? exponent_digits : bad; break;
    case exponent_sign: number_ = is_digit(c) ? exponent_digits : bad; break;
    case exponent_digits:
      if (is_digit(c)) break;
      end_value();
      return false;
    case bad: break;
  }
  if (number_ == bad) state_ = State::broken;
  return true;
}

std::optional<Json> json_of(std::string_view text) {
  JsonExtent extent;
  const std::size_t size = extent.read(text);
  if (white_length(text.substr(size)) != text.size() - size) return {};
  extent.end();
  if (!extent.complete()) return {};
  try {
    return Json::parse(text, "reply");
  } catch (const Error&) {  // a number beyond a double
    return {};
  }
}

}  // namespace ondol::replies
