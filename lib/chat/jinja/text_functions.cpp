#include "chat/jinja/text_functions.hpp"

#include <algorithm>

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

std::vector<Character> characters(std::string_view text) {
  std::vector<Character> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text.substr(at)), 1);
    all.push_back({utf8_decode(text.substr(at), length), at});
    at += length;
  }
  all.push_back({0, text.size()});
  return all;
}

Text strip(const Text& text, const Text* characters, Side side) {
  const auto goes = [&](std::string_view character) {
    if (!characters) return is_space(utf8_decode(character, character.size()));
    return characters->view().find(character) != std::string_view::npos;
  };
  std::size_t begin = 0;
  std::size_t end = text.size();
  const std::string_view bytes = text.view();
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
  return text.slice(begin, end);
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
  const std::vector<Character> all = characters(text.view());
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
    const std::size_t found = text.view().find(old.view(), from);
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

Values split(Limits& limits, const Text& text, const Text* separator, std::int64_t most, bool from_right) {
  Values parts;
  const auto add = [&](std::size_t begin, std::size_t end) {
    limits.step();
    parts.emplace_back(text.slice(begin, end));
  };
  limits.step(text.size() / 64);
  if (separator && separator->empty()) throw Failure("empty separator");
  std::vector<TextRange> pieces;  // from the side where splitting starts
  std::size_t begin = 0;
  std::size_t end = text.size();
  const std::string_view bytes = text.view();
  if (separator) {
    for (; most != 0; --most) {
      const std::size_t size = separator->size();
      const std::size_t found =
          from_right ? bytes.substr(0, end).rfind(separator->view()) : bytes.find(separator->view(), begin);
      if (found == bytes.npos) break;
      pieces.push_back(from_right ? TextRange{found + size, end} : TextRange{begin, found});
      (from_right ? end : begin) = from_right ? found : found + size;
    }
    pieces.push_back({begin, end});
  } else {
    const std::vector<Character> all = characters(bytes);
    std::size_t first = 0;
    std::size_t last = all.size() - 1;
    const auto trim_front = [&] {
      while (first < last && is_space(all[first].code)) ++first;
    };
    const auto trim_back = [&] {
      while (last > first && is_space(all[last - 1].code)) --last;
    };
    while (true) {
      from_right ? trim_back() : trim_front();
      if (first == last) break;
      if (most-- == 0) {
        pieces.push_back({all[first].begin, all[last].begin});
        break;
      }
      if (from_right) {
        const std::size_t word_end = last;
        while (last > first && !is_space(all[last - 1].code)) --last;
        pieces.push_back({all[last].begin, all[word_end].begin});
      } else {
        const std::size_t word = first;
        while (first < last && !is_space(all[first].code)) ++first;
        pieces.push_back({all[word].begin, all[first].begin});
      }
    }
  }
  if (from_right) std::reverse(pieces.begin(), pieces.end());
  parts.reserve(pieces.size());
  for (const TextRange& piece : pieces) add(piece.begin, piece.end);
  return parts;
}

Values split_lines(Limits& limits, const Text& text, bool keep_ends) {
  Values lines;
  const std::vector<Character> all = characters(text.view());
  std::size_t begin = 0;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (!is_line_end(all[i].code)) continue;
    const std::size_t end = all[i].begin;
    if (all[i].code == '\r' && all[i + 1].code == '\n' && i + 2 < all.size()) ++i;
    limits.step();
    lines.emplace_back(text.slice(begin, keep_ends ? all[i + 1].begin : end));
    begin = all[i + 1].begin;
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
