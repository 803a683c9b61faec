#include "text/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "text/characters.hpp"

namespace ondol::text {
namespace {

constexpr char32_t spelled_space = U'Ġ';  // of byte-level vocabularies

std::size_t specials(const std::vector<LayoutPart>& layout) {
  std::size_t n = 0;
  for (const LayoutPart& part : layout) n += part.ids.size();
  return n;
}

template <class List>
List part(const List& list, std::size_t begin, std::size_t end) {
  if (list.empty()) return {};
  return {list.begin() + std::ptrdiff_t(begin), list.begin() + std::ptrdiff_t(end)};
}

/// Leaves the first (last) `length` tokens; windows of the others follow, `stride` tokens of each in the one before.
void truncate(Draft& d, std::size_t length, const Truncation& t) {
  const std::size_t size = d.ids.size();
  if (length >= size) return;
  if (length == 0) {
    Draft whole = std::exchange(d, {});
    d.windows.push_back(std::move(whole));
    return;
  }
  if (t.stride >= length) {
    fail(Status::unsupported,
         fmt::format("truncation: a stride of {} in windows of {} tokens; it must be less", t.stride, length));
  }
  const auto window = [&](std::size_t begin, std::size_t end) {
    return Draft{part(d.ids, begin, end), part(d.offsets, begin, end), part(d.spaces, begin, end), {}};
  };
  std::vector<Draft> windows;
  for (std::size_t done = 0;; done += length - t.stride) {
    const std::size_t end = std::min(done + length, size);
    windows.push_back(t.left ? window(size - end, size - done) : window(done, end));
    if (end == size) break;
  }
  d = std::move(windows.front());
  d.windows.assign(std::make_move_iterator(windows.begin() + 1), std::make_move_iterator(windows.end()));
}

/// How long two texts may be that together have too many tokens: only the longer one is cut if that will do.
std::pair<std::size_t, std::size_t> shares(std::size_t first, std::size_t second, std::size_t most) {
  const bool swapped = first > second;
  if (swapped) std::swap(first, second);
  second = first > most ? first : std::max(first, most - first);
  if (first + second > most) {
    first = most / 2;
    second = first + most % 2;
  }
  if (swapped) std::swap(first, second);
  return {first, second};
}

void truncate(const Truncation& t, std::size_t most, Draft& first, std::optional<Draft>& second) {
  const std::size_t total = first.ids.size() + (second ? second->ids.size() : 0);
  if (total <= most && most != 0) return;
  if (most == 0 || (t.strategy == Truncation::longest_first && !second)) {
    truncate(first, most, t);
    if (second) truncate(*second, most, t);
    return;
  }
  if (t.strategy == Truncation::longest_first) {
    const auto [a, b] = shares(first.ids.size(), second->ids.size(), most);
    truncate(first, a, t);
    truncate(*second, b, t);
    return;
  }
  const bool cuts_second = t.strategy == Truncation::only_second;
  if (cuts_second && !second) fail(Status::unsupported, "truncation of the second text: there is none");
  Draft& cut = cuts_second ? *second : first;
  if (cut.ids.size() <= total - most) {
    fail(Status::unsupported, fmt::format("truncation to {} tokens: the {} text has {}, of which {} would have to go",
                                          most, cuts_second ? "second" : "first", cut.ids.size(), total - most));
  }
  truncate(cut, cut.ids.size() - (total - most), t);
}

bool is_space(char32_t c) { return c == spelled_space || is_white_space(c); }

Draft::Spaces spaces_of(std::string_view token) {
  Draft::Spaces spaces;
  bool only_spaces = true;
  while (!token.empty()) {
    const Character c = next_character(token);
    token.remove_prefix(c.size);
    spaces.trailing = is_space(c.code) ? spaces.trailing + 1 : 0;
    only_spaces = only_spaces && is_space(c.code);
    if (only_spaces) ++spaces.leading;
  }
  return spaces;
}

/// Takes the spaces that tokens begin and end with out of their offsets.
void trim(const PostProcessor& post, Draft& d) {
  for (std::size_t i = 0; i < d.spaces.size(); ++i) {
    auto [leading, trailing] = d.spaces[i];
    TextRange& range = d.offsets[i];
    if (post.keeps_first_space && leading == 1 && (i == 0 || range.begin == 0)) leading = 0;
    range.begin = std::min(range.begin + leading, range.end);
    if (trailing > 0 && range.end >= trailing) range.end = std::max(range.end - trailing, range.begin);
  }
  for (Draft& window : d.windows) trim(post, window);
}

/// Without a layout's special tokens.
Encoding encoding_of(const Draft& d, std::uint32_t type_id) {
  const std::size_t n = d.ids.size();
  Encoding e{
      d.ids, d.offsets, std::vector(n, type_id), std::vector<std::uint8_t>(n, 0), std::vector<std::uint8_t>(n, 1), {}};
  for (const Draft& window : d.windows) e.overflowing.push_back(encoding_of(window, type_id));
  return e;
}

template <class List>
void append(List& to, const List& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append_lists(Encoding& to, const Encoding& from) {
  append(to.ids, from.ids);
  append(to.offsets, from.offsets);
  append(to.type_ids, from.type_ids);
  append(to.special_mask, from.special_mask);
  append(to.attention_mask, from.attention_mask);
}

/// Appends an encoding; windows of either are joined with the other one and its windows (Hugging Face's merge).
void merge(Encoding& to, const Encoding& from) {
  std::vector<Encoding> windows;
  const auto join = [&](const Encoding& a, const Encoding& b) {
    Encoding whole;
    append_lists(whole, a);
    append_lists(whole, b);
    windows.push_back(std::move(whole));
  };
  for (const Encoding& own : to.overflowing) {
    join(own, from);
    for (const Encoding& other : from.overflowing) join(own, other);
  }
  for (const Encoding& other : from.overflowing) join(to, other);
  append_lists(to, from);
  to.overflowing = std::move(windows);
}

Encoding special(const LayoutPart& part) {
  const std::size_t n = part.ids.size();
  return {part.ids,
          std::vector<TextRange>(n),
          std::vector(n, part.type_id),
          std::vector<std::uint8_t>(n, 1),
          std::vector<std::uint8_t>(n, 1),
          {}};
}

void pad(const Padding& p, std::size_t length, Encoding& e) {
  for (Encoding& o : e.overflowing) pad(p, length, o);
  if (e.ids.size() >= length) return;
  const std::size_t n = length - e.ids.size();
  const auto fill = [&](auto& list, auto value) { list.insert(p.left ? list.begin() : list.end(), n, value); };
  fill(e.ids, p.id);
  fill(e.offsets, TextRange{});
  fill(e.type_ids, p.type_id);
  fill(e.special_mask, std::uint8_t{1});
  fill(e.attention_mask, std::uint8_t{0});
}

}  // namespace

Draft draft_of(TokenList tokens, const Vocabulary& vocabulary, const PostProcessor& post) {
  Draft d{.ids = std::move(tokens.ids), .offsets = {}, .spaces = {}, .windows = {}};
  d.offsets.reserve(d.ids.size());
  for (const Origin& span : tokens.spans) d.offsets.push_back({span.begin, span.end});
  if (!post.trims_offsets) return d;
  for (const Token id : d.ids) d.spaces.push_back(spaces_of(vocabulary.text(id)));
  for (const TokenList::Surface& s : tokens.surfaces) d.spaces[s.index] = spaces_of(s.text);
  return d;
}

void to_characters(std::string_view text, std::vector<Origin>& spans) {
  std::vector<std::uint32_t> index(text.size() + 1);
  std::uint32_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    const std::size_t end = at + next_character(text.substr(at)).size;
    while (at < end) index[at++] = characters;
  }
  index.back() = characters;
  for (Origin& span : spans) {
    if (span.end > text.size()) continue;
    span = {index[span.begin], index[span.end]};
  }
}

std::vector<Token> lay_out_ids(const PostProcessor& post, std::vector<Token> first, const std::vector<Token>* second,
                               bool add_special) {
  const std::vector<LayoutPart>& layout = second ? post.pair : post.single;
  if (!second && layout.size() == 1 && layout[0].kind == LayoutPart::first) return first;
  std::vector<Token> out;
  out.reserve(first.size() + (second ? second->size() : 0) + specials(layout));
  for (const LayoutPart& part : layout) {
    if (part.kind != LayoutPart::special)
      append(out, part.kind == LayoutPart::first ? first : *second);
    else if (add_special)
      append(out, part.ids);
  }
  return out;
}

Encoding lay_out(const PostProcessor& post, Draft first, std::optional<Draft> second, const EncodeOptions& options) {
  const std::vector<LayoutPart>& layout = second ? post.pair : post.single;
  if (post.truncation && options.fit_length) {
    const std::size_t added = options.add_special ? specials(layout) : 0;
    const std::size_t most = post.truncation->max_length;
    if (added > most) {
      fail(Status::unsupported, fmt::format("truncation to {} tokens, of which {} are special ones", most, added));
    }
    truncate(*post.truncation, most - added, first, second);
  }
  trim(post, first);
  if (second) trim(post, *second);
  Encoding out;
  for (const LayoutPart& part : layout) {
    if (part.kind != LayoutPart::special)
      merge(out, encoding_of(part.kind == LayoutPart::first ? first : *second, part.type_id));
    else if (options.add_special)
      merge(out, special(part));
  }
  return out;
}

void pad(const Padding& padding, std::span<Encoding> encodings) {
  std::size_t length = padding.length.value_or(0);
  for (const Encoding& e : encodings) {
    if (!padding.length) length = std::max(length, e.ids.size());
  }
  if (padding.multiple_of > 0 && length % padding.multiple_of > 0) {
    length += padding.multiple_of - length % padding.multiple_of;
  }
  for (Encoding& e : encodings) pad(padding, length, e);
}

}  // namespace ondol::text
