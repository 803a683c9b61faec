#include "chat/jinja/text_functions.hpp"

#include <algorithm>
#include <cstring>

#include "base/utf8.hpp"
#include "chat/jinja/show.hpp"

namespace ondol::jinja {
namespace {

std::size_t last_start(std::string_view text) {
  std::size_t start = text.size() - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return start;
}

bool is_line_end(char32_t code) noexcept {
  return (code >= 10 && code <= 13) || (code >= 28 && code <= 30) || code == 0x85 || code == 0x2028 || code == 0x2029;
}

/// Appends characters [begin, end) of `text` in another case.
void append_in_case(TextBuilder& out, const Text& text, std::size_t begin, std::size_t end, Case to) {
  std::string changed;
  for (std::size_t at = begin; at < end;) {
    const std::string_view rest = text.view().substr(at);
    const std::size_t length = std::max<std::size_t>(utf8_length(rest), 1);
    const char32_t code = utf8_decode(rest, length);
    changed.clear();
    if (to == Case::lower && code == U'Σ' && is_final_sigma(text.view().substr(0, at), rest.substr(length))) {
      changed = "ς";
    } else {
      append_case(changed, code, to);
    }
    out.append(changed, text.is_content(at) ? Text::Origin::content : Text::Origin::source);
    at += length;
  }
}

}  // namespace

std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) noexcept {
  if (from > text.size()) return std::string_view::npos;
  if (part.empty()) return from;
  const void* found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
}

std::size_t rfind_text(Limits& limits, std::string_view text, std::string_view part) {
  limits.step((1 + text.size() / 64) * (1 + part.size() / 64));  // at worst all of `part` is compared at each place
  return text.rfind(part);
}

std::vector<Character> characters(Limits& limits, std::string_view text) {
  limits.step(text.size() / 2);
  std::vector<Character> all;
  all.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text.substr(at)), 1);
    all.push_back({utf8_decode(text.substr(at), length), at});
    at += length;
  }
  all.push_back({0, text.size()});
  return all;
}

TextRange strip_range(std::string_view bytes, const Text* characters, Side side) {
  std::u32string wanted;  // in order
  const std::string_view listed = characters ? characters->view() : std::string_view();
  for (std::size_t at = 0; at < listed.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(listed.substr(at)), 1);
    wanted += utf8_decode(listed.substr(at), length);
    at += length;
  }
  std::sort(wanted.begin(), wanted.end());
  const auto goes = [&](std::string_view character) {
    const char32_t code = utf8_decode(character, character.size());
    return characters ? std::binary_search(wanted.begin(), wanted.end(), code) : is_space(code);
  };
  std::size_t begin = 0;
  std::size_t end = bytes.size();
  while (side != Side::right && begin < end) {
    const std::size_t length = std::max<std::size_t>(utf8_length(bytes.substr(begin)), 1);
    if (!goes(bytes.substr(begin, length))) break;
    begin += length;
  }
  while (side != Side::left && end > begin) {
    const std::size_t start = last_start(bytes.substr(0, end));
    if (!goes(bytes.substr(start, end - start))) break;
    end = start;
  }
  return {begin, end};
}

Text strip(const Text& text, const Text* characters, Side side) {
  const TextRange rest = strip_range(text.view(), characters, side);
  return text.slice(rest.begin, rest.end);
}

Text change_case(Limits& limits, const Text& text, Case to) {
  TextBuilder out(limits);
  if (to != Case::title) {
    append_in_case(out, text, 0, text.size(), to);
    return out.finish(text.markup());
  }
  bool inside = false;  // behind a letter
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.view().substr(at);
    const std::size_t length = std::max<std::size_t>(utf8_length(rest), 1);
    const char32_t code = utf8_decode(rest, length);
    append_in_case(out, text, at, at + length, inside ? Case::lower : Case::title);
    inside = is_lower(code) || is_upper(code) || is_title(code);
    at += length;
  }
  return out.finish(text.markup());
}

Text swap_case(Limits& limits, const Text& text) {
  TextBuilder out(limits);
  const std::vector<Character> all = characters(limits, text.view());
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (is_upper(all[i].code) || is_lower(all[i].code)) {
      append_in_case(out, text, all[i].begin, all[i + 1].begin, is_upper(all[i].code) ? Case::lower : Case::upper);
    } else {
      out.append(text, all[i].begin, all[i + 1].begin);
    }
  }
  return out.finish(text.markup());
}

Text capitalize(Limits& limits, const Text& text) {
  TextBuilder out(limits);
  const std::size_t first = text.empty() ? 0 : std::max<std::size_t>(utf8_length(text.view()), 1);
  append_in_case(out, text, 0, first, Case::title);
  append_in_case(out, text, first, text.size(), Case::lower);
  return out.finish(text.markup());
}

Text replace(Limits& limits, const Text& text, const Text& old, const Text& by, std::int64_t count) {
  TextBuilder out(limits);
  limits.step(text.size() / 64);
  std::size_t done = 0;
  std::size_t from = 0;
  while (count != 0) {
    const std::size_t found = find_text(text.view(), old.view(), from);
    if (found == std::string_view::npos) break;
    out.append(text, done, found);
    out.append(by);
    done = found + old.size();
    from = done;
    if (old.empty()) {  // between all characters
      if (found >= text.size()) break;
      from = found + std::max<std::size_t>(utf8_length(text.view().substr(found)), 1);
      out.append(text, found, from);
      done = from;
    }
    if (count > 0) --count;
  }
  out.append(text, done, text.size());
  return out.finish(text.markup());
}

namespace {

/// Bytes between separators, from the side where splitting starts.
std::vector<TextRange> split_at(Limits& limits, std::string_view bytes, std::string_view separator, std::int64_t most,
                                bool from_right) {
  std::vector<TextRange> pieces;
  std::size_t begin = 0;
  std::size_t end = bytes.size();
  if (from_right) limits.step(bytes.size() / 64 * (1 + separator.size() / 64));
  for (; most != 0; --most) {
    const std::size_t found = from_right ? bytes.substr(0, end).rfind(separator) : find_text(bytes, separator, begin);
    if (found == bytes.npos) break;
    limits.step();
    pieces.push_back(from_right ? TextRange{found + separator.size(), end} : TextRange{begin, found});
    (from_right ? end : begin) = from_right ? found : found + separator.size();
  }
  pieces.push_back({begin, end});
  return pieces;
}

/// Bytes between white space, from the side where splitting starts.
std::vector<TextRange> split_at_space(Limits& limits, std::string_view bytes, std::int64_t most, bool from_right) {
  std::vector<TextRange> pieces;
  std::size_t begin = 0;
  std::size_t end = bytes.size();
  // The rest is [begin, end). Moves its near side over characters as long as they are space, or not.
  const auto skip = [&](bool space) {
    while (begin < end) {
      const std::size_t start = from_right ? last_start(bytes.substr(0, end)) : begin;
      const std::size_t length = std::max<std::size_t>(utf8_length(bytes.substr(start)), 1);
      if (is_space(utf8_decode(bytes.substr(start), length)) != space) return;
      (from_right ? end : begin) = from_right ? start : start + length;
    }
  };
  while (true) {
    skip(true);
    if (begin == end) return pieces;
    limits.step();
    TextRange piece{begin, end};
    const bool last = most-- == 0;
    if (last) {  // all the rest, without the space at its far side
      from_right = !from_right;
      skip(true);
      pieces.push_back({begin, end});
      return pieces;
    }
    skip(false);
    (from_right ? piece.begin : piece.end) = from_right ? end : begin;
    pieces.push_back(piece);
  }
}

}  // namespace

Values split(Limits& limits, const Text& text, const Text* separator, std::int64_t most, bool from_right) {
  limits.step(text.size() / 64);
  if (separator && separator->empty()) throw Failure("empty separator");
  std::vector<TextRange> pieces = separator ? split_at(limits, text.view(), separator->view(), most, from_right)
                                            : split_at_space(limits, text.view(), most, from_right);
  if (from_right) std::reverse(pieces.begin(), pieces.end());
  Values parts;
  parts.reserve(pieces.size());
  for (const TextRange& piece : pieces) parts.emplace_back(text.slice(piece.begin, piece.end));
  return parts;
}

Values split_lines(Limits& limits, const Text& text, bool keep_ends) {
  Values lines;
  const std::string_view bytes = text.view();
  std::size_t begin = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(bytes.substr(at)), 1);
    const std::size_t end = at;
    const char32_t code = utf8_decode(bytes.substr(at), length);
    at += length;
    if (!is_line_end(code)) continue;
    if (code == '\r' && bytes.substr(at).starts_with('\n')) ++at;
    limits.step();
    lines.emplace_back(text.slice(begin, keep_ends ? at : end));
    begin = at;
  }
  if (begin < text.size()) lines.emplace_back(text.slice(begin, text.size()));
  return lines;
}

Text join(Limits& limits, const Text& separator, const Values& values) {
  TextBuilder out(limits);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out.append(separator);
    append_str(out, values[i]);
  }
  return out.finish();
}

Text pad(Limits& limits, const Text& text, std::int64_t width, Side text_at, const Text& fill) {
  if (fill.length() != 1) throw Failure("The fill character must be exactly one character long");
  const auto length = static_cast<std::int64_t>(text.length());
  if (width <= length) return text;
  const std::int64_t space = width - length;
  // Python puts the odd one on the left where width is odd.
  const std::int64_t left = text_at == Side::left    ? 0
                            : text_at == Side::right ? space
                                                     : space / 2 + (space & width & 1);
  TextBuilder out(limits);
  out.repeat(fill.view(), static_cast<std::size_t>(left));
  out.append(text);
  out.repeat(fill.view(), static_cast<std::size_t>(space - left));
  return out.finish(text.markup());
}

}  // namespace ondol::jinja
