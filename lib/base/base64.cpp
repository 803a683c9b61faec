#include "base/base64.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "base/fail.hpp"

namespace ondol {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto values = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) table[static_cast<unsigned char>(alphabet[i])] = std::int8_t(i);
  return table;
}();

}  // namespace

std::string base64_decode(std::string_view text, std::string_view what) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) fail(Status::bad_file, fmt::format("{}: {} characters are no base64", what, text.size()));
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int value = values[static_cast<unsigned char>(text[i])];
    if (value < 0) fail(Status::bad_file, fmt::format("{}: character {} of base64 is none", what, i));
    bits = bits << 6 | std::uint32_t(value);
    count += 6;
    if (count >= 8) out += char(bits >> (count -= 8) & 0xFF);
  }
  return out;
}

}  // namespace ondol
