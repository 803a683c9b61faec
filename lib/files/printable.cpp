#include "files/printable.hpp"

#include <fmt/format.h>

#include "base/utf8.hpp"

namespace ondol {
namespace {

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char32_t code = length == 0 ? 0xFFFD : utf8_decode(text, length);
    std::string next;
    if (code == '\n') {
      next = "\\n";
    } else if (code == '\t') {
      next = "\\t";
    } else if (is_control(code)) {
      next = fmt::format("\\x{:02x}", static_cast<std::uint32_t>(code));
    } else {
      utf8_append(next, code);
    }
    if (out.size() + next.size() > limit) return out + "...";
    out += next;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string printable_json(const Json& value, std::size_t limit) {
  const std::string text = value.dump();
  return printable(std::string_view(text), limit);
}

}  // namespace ondol
