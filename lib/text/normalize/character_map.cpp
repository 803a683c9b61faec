#include <fmt/format.h>
#include <utf8proc.h>

#include <cstring>

#include "base/fail.hpp"
#include "text/characters.hpp"
#include "text/normalize/normalizers.hpp"

namespace ondol::text {
namespace {

/// Length of the grapheme cluster that a text begins with.
std::size_t cluster(std::string_view text) {
  Character last = next_character(text);
  std::size_t size = last.size;
  utf8proc_int32_t state = 0;
  while (size < text.size()) {
    const Character c = next_character(text.substr(size));
    if (utf8proc_grapheme_break_stateful(utf8proc_int32_t(last.code), utf8proc_int32_t(c.code), &state)) break;
    size += c.size;
    last = c;
  }
  return size;
}

/// Writes `to` in the place of the next `size` bytes: its characters one by one for theirs.
void replace(Rewriter& rewriter, std::size_t size, std::string_view to) {
  while (!to.empty()) {
    const std::string_view character = to.substr(0, next_character(to).size);
    to.remove_prefix(character.size());
    const std::size_t old = size == 0 ? 0 : next_character(rewriter.rest()).size;
    old == 0 ? rewriter.insert(character) : rewriter.replace(old, character);
    size -= old;
  }
  rewriter.drop(size);
}

}  // namespace

CharacterMap::CharacterMap(std::string table) : table_(std::move(table)) {
  std::uint32_t bytes = 0;
  if (table_.size() >= sizeof bytes) std::memcpy(&bytes, table_.data(), sizeof bytes);
  if (table_.size() < sizeof bytes || bytes % 4 != 0 || bytes == 0 || bytes > table_.size() - sizeof bytes) {
    fail(Status::bad_file,
         fmt::format("precompiled_charsmap: a trie of {} bytes in a table of {}", bytes, table_.size()));
  }
  units_ = bytes / 4;
  replacements_ = std::string_view(table_).substr(sizeof bytes + bytes);
}

std::uint32_t CharacterMap::unit(std::size_t index) const noexcept {
  std::uint32_t u = 0;
  if (index < units_) std::memcpy(&u, table_.data() + 4 + 4 * index, 4);
  return u;
}

/// The replacement of the shortest text in the table that `text` begins with. A unit of the trie: bits 0-7 the byte
/// that leads to it (31 marks a value), 8 whether a value follows, 9 the scale and 10-30 the distance to its children.
std::optional<std::string_view> CharacterMap::find(std::string_view text) const noexcept {
  const auto offset = [](std::uint32_t u) { return std::size_t(u >> 10) << ((u & (1u << 9)) >> 6); };
  std::size_t node = offset(unit(0));
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    const std::uint32_t u = unit(node);
    if (node >= units_ || (u & (1u << 31 | 0xFF)) != byte) return std::nullopt;
    node ^= offset(u);
    if ((u >> 8 & 1) == 0) continue;
    const std::size_t at = unit(node) & 0x7FFFFFFF;
    if (at >= replacements_.size()) return std::nullopt;
    return replacements_.substr(at, replacements_.substr(at).find('\0'));
  }
  return std::nullopt;
}

void CharacterMap::apply(AlignedText& text) const {
  Rewriter rewriter(text);
  bool changed = false;
  while (!rewriter.done()) {
    const std::string_view rest = rewriter.rest();
    std::size_t left = cluster(rest);
    const auto whole = left < 6 ? find(rest.substr(0, left)) : std::nullopt;
    changed = changed || whole;
    if (whole) {
      replace(rewriter, left, *whole);
      continue;
    }
    while (left > 0) {
      const std::size_t size = next_character(rewriter.rest()).size;
      const auto part = find(rewriter.rest().substr(0, size));
      changed = changed || part;
      part ? replace(rewriter, size, *part) : rewriter.keep(size);
      left -= size;
    }
  }
  if (changed) rewriter.finish();
}

}  // namespace ondol::text
