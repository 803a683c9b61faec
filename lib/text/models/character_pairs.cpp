#include "text/models/character_pairs.hpp"

#include <algorithm>
#include <bit>

#include "base/utf8.hpp"
#include "text/hash.hpp"

namespace ondol::text {
namespace {

constexpr std::uint64_t none = ~0ull;

}  // namespace

void CharacterPairs::build() {
  std::sort(pairs_.begin(), pairs_.end());
  pairs_.erase(std::unique(pairs_.begin(), pairs_.end()), pairs_.end());
  std::vector<std::uint64_t> slots(std::bit_ceil(2 * pairs_.size() + 2), none);
  const std::size_t mask = slots.size() - 1;
  for (const std::uint64_t pair : pairs_) {
    std::size_t slot = mix(pair) & mask;
    while (slots[slot] != none) slot = (slot + 1) & mask;
    slots[slot] = pair;
  }
  pairs_ = std::move(slots);
}

bool CharacterPairs::contains(char32_t last, char32_t first) const noexcept {
  const std::size_t mask = pairs_.size() - 1;
  const std::uint64_t pair = std::uint64_t(last) << 32 | first;
  for (std::size_t slot = mix(pair) & mask; pairs_[slot] != none; slot = (slot + 1) & mask) {
    if (pairs_[slot] == pair) return true;
  }
  return false;
}

char32_t first_character(std::string_view text) noexcept {
  const std::size_t n = utf8_length(text);
  return n == 0 ? static_cast<unsigned char>(text.front()) : utf8_decode(text, n);
}

char32_t last_character(std::string_view text) noexcept {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return first_character(text.substr(at));
}

}  // namespace ondol::text
