#include "text/normalize/normalizers.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/decode/byte_level.hpp"

namespace ondol::text {
namespace {

/// Whether some character is of a class; nothing needs to be rewritten if none is.
template <class Class>
bool any_of(std::string_view text, Class&& is) {
  while (!text.empty()) {
    const Character c = next_character(text);
    if (is(c.code)) return true;
    text.remove_prefix(c.size);
  }
  return false;
}

/// Calls step(rewriter, character) for each character in turn; it must read it.
template <class Step>
void rewrite(AlignedText& text, Step&& step) {
  Rewriter rewriter(text);
  while (!rewriter.done()) step(rewriter, next_character(rewriter.rest()));
  rewriter.finish();
}

/// Puts a space in the place of the characters of a class.
template <class Class>
void make_spaces(AlignedText& text, Class&& is) {
  if (!any_of(text.text, is)) return;
  rewrite(text, [&](Rewriter& r, Character c) { is(c.code) ? r.replace(c.size, " ") : r.keep(c.size); });
}

bool is_ideograph(char32_t c) noexcept {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_nmt_space(char32_t c) noexcept {
  return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
         c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
}

}  // namespace

bool is_nmt_control(char32_t c) noexcept {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
}

void Prepend::apply(AlignedText& text) const {
  if (text.text.empty() || prefix_.empty()) return;
  Rewriter rewriter(text);
  rewriter.insert_before(prefix_);
  rewriter.finish();
}

void Replace::apply(AlignedText& text) const {
  if (!pattern_ && (from_.empty() || text.text.find(from_) == text.text.npos)) return;
  Rewriter rewriter(text);
  std::size_t done = 0;
  const auto replace = [&](std::size_t begin, std::size_t end) {
    rewriter.keep(begin - done);
    rewriter.drop(end - begin);
    rewriter.insert(to_);
    done = end;
  };
  const std::string_view old = text.text;
  if (!pattern_) {
    for (std::size_t at = old.find(from_); at != old.npos; at = old.find(from_, done)) replace(at, at + from_.size());
  } else {
    for (std::size_t at = 0, n = 0; at < old.size(); at += std::max<std::size_t>(n, 1)) {  // runs of valid UTF-8
      for (n = 0; const std::size_t size = utf8_length(old.substr(at + n));) n += size;
      Regex::Search search(*pattern_, old.substr(at, n));
      while (const auto match = n ? search.next() : std::nullopt) replace(at + match->begin, at + match->end);
    }
  }
  rewriter.finish();
}

void CollapseSpaces::apply(AlignedText& text) const {
  const std::string_view old = text.text;
  if (old.find("  ") == old.npos && !old.starts_with(' ') && !old.ends_with(' ')) return;
  const std::size_t last = old.find_last_not_of(' ');
  Rewriter rewriter(text);
  bool drops = true;  // spaces at the start, and behind another one
  for (std::size_t at = 0; at < old.size(); ++at) {
    const bool space = old[at] == ' ';
    space && (drops || last == old.npos || at > last) ? rewriter.drop(1) : rewriter.keep(1);
    drops = space;
  }
  rewriter.finish();
}

void Lowercase::apply(AlignedText& text) const {
  std::string lower;
  rewrite(text, [&](Rewriter& r, Character c) {
    if (c.code == 0xFFFD) return r.keep(c.size);
    lower.clear();
    append_lower(c.code, lower);
    r.replace(c.size, lower);
  });
}

void Strip::apply(AlignedText& text) const {
  const std::string_view old = text.text;
  std::size_t begin = 0, end = 0;  // of what stays
  for (std::size_t at = 0; at < old.size();) {
    const Character c = next_character(old.substr(at));
    at += c.size;
    if (is_white_space(c.code)) {
      if (end == 0) begin = at;
    } else {
      end = at;
    }
  }
  if (!left_) begin = 0;
  if (!right_) end = old.size();
  end = std::max(begin, end);
  const std::size_t size = old.size();
  Rewriter rewriter(text);
  rewriter.drop(begin);
  rewriter.keep(end - begin);
  rewriter.drop(size - end);
  rewriter.finish();
}

void DropCharacters::apply(AlignedText& text) const {
  if (!any_of(text.text, drops_)) return;
  rewrite(text, [&](Rewriter& r, Character c) { drops_(c.code) ? r.drop(c.size) : r.keep(c.size); });
}

void DropFirst::apply(AlignedText& text) const {
  if (text.text.empty()) return;
  const Character first = next_character(text.text);
  if (!drops_(first.code)) return;
  Rewriter rewriter(text);
  rewriter.drop(first.size);
  rewriter.finish();
}

void BertSpaces::apply(AlignedText& text) const {
  make_spaces(text, [](char32_t c) { return c != ' ' && is_white_space(c); });
}

void SpacesAroundIdeographs::apply(AlignedText& text) const {
  if (!any_of(text.text, is_ideograph)) return;
  rewrite(text, [&](Rewriter& r, Character c) {
    if (!is_ideograph(c.code)) return r.keep(c.size);
    r.insert_before(" ");
    r.keep(c.size);
    r.insert(" ");
  });
}

void NmtSpaces::apply(AlignedText& text) const { make_spaces(text, is_nmt_space); }

void spell_bytes(AlignedText& text) {
  rewrite(text, [&](Rewriter& r, Character c) {
    std::string spelled;
    for (const char byte : r.rest().substr(0, c.size)) {
      const ByteSpelling& s = spelling_of(static_cast<unsigned char>(byte));
      spelled.append(s.text, s.size);
    }
    r.replace(c.size, spelled);
  });
}

void SpelledBytes::apply(AlignedText& text) const { spell_bytes(text); }

}  // namespace ondol::text
