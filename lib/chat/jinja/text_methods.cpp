#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/markup.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/show.hpp"
#include "chat/jinja/str_format.hpp"
#include "chat/jinja/text_functions.hpp"

namespace ondol::jinja {
namespace {

const Text* text_if(Call& call, std::size_t i) { return call.given(i) ? &call.text(i) : nullptr; }

Value stripped(Call& call) { return strip(call.self_text(), text_if(call, 0), Side::both); }
Value left_stripped(Call& call) { return strip(call.self_text(), text_if(call, 0), Side::left); }
Value right_stripped(Call& call) { return strip(call.self_text(), text_if(call, 0), Side::right); }

template <Case to>
Value cased(Call& call) {
  return change_case(call.in.limits, call.self_text(), to);
}
Value capital(Call& call) { return capitalize(call.in.limits, call.self_text()); }
Value swapped(Call& call) { return swap_case(call.in.limits, call.self_text()); }

Value splits(Call& call) {
  const std::int64_t most = call.has(1) ? call.integer(1) : -1;
  return make_list(split(call.in.limits, call.self_text(), text_if(call, 0), most, false));
}
Value right_splits(Call& call) {
  const std::int64_t most = call.has(1) ? call.integer(1) : -1;
  return make_list(split(call.in.limits, call.self_text(), text_if(call, 0), most, true));
}
Value lines(Call& call) { return make_list(split_lines(call.in.limits, call.self_text(), call.integer_flag(0))); }

Value parts(Call& call, bool from_right) {
  const Text& text = call.self_text();
  const Text& separator = call.text(0);
  if (separator.empty()) call.refuse("empty separator");
  const std::size_t at =
      from_right ? rfind_text(call.in.limits, text.view(), separator.view()) : find_text(text.view(), separator.view());
  const Text nothing;
  if (at == std::string_view::npos) {
    return from_right ? make_tuple({nothing, nothing, text}) : make_tuple({text, nothing, nothing});
  }
  const std::size_t end = at + separator.size();
  return make_tuple({text.slice(0, at), text.slice(at, end), text.slice(end, text.size())});
}
Value partition(Call& call) { return parts(call, false); }
Value right_partition(Call& call) { return parts(call, true); }

/// Markup takes other texts in only escaped.
Text like(Call& call, const Text& text) {
  return call.self_text().markup() && !text.markup() ? escape_html(call.in.limits, text) : text;
}

Value replaced(Call& call) {
  const Text& text = call.self_text();
  return replace(call.in.limits, text, like(call, call.text(0)), like(call, call.text(1)),
                 call.has(2) ? call.integer(2) : -1);
}

Value joined(Call& call) {
  const ListPtr values = items_of(call.in, call.at(0));
  Values texts;
  for (std::size_t i = 0; i < values->items.size(); ++i) {
    const Value& value = values->items[i];
    if (value.text()) {
      texts.emplace_back(like(call, *value.text()));
    } else {
      call.refuse(fmt::format("sequence item {}: expected str instance, {} found", i, type_name(value)));
    }
  }
  return join(call.in.limits, call.self_text(), texts).as_markup(call.self_text().markup());
}

/// The part of the text that `start` and `end` (arguments 1 and 2) leave; nothing if start is behind the end.
struct Part {
  std::size_t begin;
  std::size_t end;
};
std::optional<Part> part(Call& call) {
  const Text& text = call.self_text();
  const auto length = static_cast<std::int64_t>(text.length());
  const auto bound = [&](std::size_t i, std::int64_t preset) {
    std::int64_t at = call.given(i) ? call.place(i) : preset;
    if (at < 0) at = std::max<std::int64_t>(at + length, 0);
    return at;
  };
  const std::int64_t start = bound(1, 0);
  const std::int64_t end = std::min(bound(2, length), length);
  if (start > end) return std::nullopt;
  return Part{text.byte_of(static_cast<std::size_t>(start)), text.byte_of(static_cast<std::size_t>(end))};
}

std::int64_t search(Call& call, bool from_right) {
  const Text& text = call.self_text();
  const std::string_view wanted = call.text(0).view();
  const auto where = part(call);
  if (!where) return -1;
  call.in.limits.step(text.size() / 64);
  const std::string_view bytes = text.view().substr(where->begin, where->end - where->begin);
  const std::size_t found = from_right ? rfind_text(call.in.limits, bytes, wanted) : find_text(bytes, wanted);
  if (found == bytes.npos) return -1;
  return static_cast<std::int64_t>(text.index_of(where->begin + found));
}
Value find(Call& call) { return search(call, false); }
Value right_find(Call& call) { return search(call, true); }
Value index(Call& call) {
  const std::int64_t found = search(call, false);
  return found < 0 ? call.refuse("substring not found"), Value() : Value(found);
}
Value right_index(Call& call) {
  const std::int64_t found = search(call, true);
  return found < 0 ? call.refuse("substring not found"), Value() : Value(found);
}

Value count(Call& call) {
  const Text& wanted = call.text(0);
  const auto where = part(call);
  if (!where) return 0;
  const std::string_view bytes = call.self_text().view().substr(where->begin, where->end - where->begin);
  call.in.limits.step(bytes.size() / 64);
  if (wanted.empty()) return call.self_text().index_of(where->end) - call.self_text().index_of(where->begin) + 1;
  std::int64_t found = 0;
  for (std::size_t at = 0; (at = find_text(bytes, wanted.view(), at)) != bytes.npos; at += wanted.size()) ++found;
  return found;
}

Value has_affix(Call& call, bool at_end) {
  const auto where = part(call);
  const auto has = [&](const Value& affix) {
    if (!affix.text()) call.refuse(fmt::format("first arg must be str or a tuple of str, not {}", type_name(affix)));
    if (!where) return false;
    const std::string_view bytes = call.self_text().view().substr(where->begin, where->end - where->begin);
    return at_end ? bytes.ends_with(affix.text()->view()) : bytes.starts_with(affix.text()->view());
  };
  const Value& affixes = call.at(0);
  if (affixes.is_undefined()) use_undefined(affixes);
  if (affixes.list() && affixes.list()->kind != List::Kind::list) {
    const Values& all = affixes.list()->items;
    return std::any_of(all.begin(), all.end(), has);
  }
  return has(affixes);
}
Value starts_with(Call& call) { return has_affix(call, false); }
Value ends_with(Call& call) { return has_affix(call, true); }

Value remove_prefix(Call& call) {
  const Text& text = call.self_text();
  return text.view().starts_with(call.text(0).view()) ? text.slice(call.text(0).size(), text.size()) : text;
}
Value remove_suffix(Call& call) {
  const Text& text = call.self_text();
  return text.view().ends_with(call.text(0).view()) ? text.slice(0, text.size() - call.text(0).size()) : text;
}

template <Side side>
Value padded(Call& call) {
  return pad(call.in.limits, call.self_text(), call.integer(0), side, call.has(1) ? call.text(1) : Text(" "));
}
Value zero_filled(Call& call) {
  const Text& text = call.self_text();
  const bool sign = text.view().starts_with('-') || text.view().starts_with('+');
  const auto missing = call.integer(0) - static_cast<std::int64_t>(text.length());
  TextBuilder out(call.in.limits);
  out.append(text, 0, sign ? 1 : 0);
  out.repeat("0", static_cast<std::size_t>(std::max<std::int64_t>(missing, 0)));
  out.append(text, sign ? 1 : 0, text.size());
  return out.finish(text.markup());
}

Value expand_tabs(Call& call) {
  const Text& text = call.self_text();
  const std::int64_t size = call.integer(0, 8);
  TextBuilder out(call.in.limits);
  const std::vector<Character> all = characters(call.in.limits, text.view());
  std::int64_t column = 0;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i].code == '\t') {
      const std::int64_t spaces = size > 0 ? size - column % size : 0;
      out.repeat(" ", static_cast<std::size_t>(spaces));
      column += spaces;
    } else {
      out.append(text, all[i].begin, all[i + 1].begin);
      column = all[i].code == '\n' || all[i].code == '\r' ? 0 : column + 1;
    }
  }
  return out.finish(text.markup());
}

/// Whether there are characters, all of a class.
template <bool (*in_class)(char32_t) noexcept>
Value all_are(Call& call) {
  const std::vector<Character> all = characters(call.in.limits, call.self_text().view());
  return all.size() > 1 && std::all_of(all.begin(), all.end() - 1, [](const Character& c) { return in_class(c.code); });
}
bool is_alnum(char32_t code) noexcept { return is_alpha(code) || is_numeric(code); }
bool is_ascii_code(char32_t code) noexcept { return code < 0x80; }
Value is_ascii(Call& call) { return call.self_text().empty() || truth(all_are<is_ascii_code>(call)); }
Value printable(Call& call) { return call.self_text().empty() || truth(all_are<is_printable>(call)); }
Value identifier(Call& call) {
  const std::vector<Character> all = characters(call.in.limits, call.self_text().view());
  return !is_numeric(all[0].code) && truth(all_are<is_word>(call));
}

template <bool (*wanted)(char32_t) noexcept, bool (*unwanted)(char32_t) noexcept>
Value all_cased(Call& call) {
  bool found = false;
  for (const Character& c : characters(call.in.limits, call.self_text().view())) {
    if (unwanted(c.code) || is_title(c.code)) return false;
    found |= wanted(c.code);
  }
  return found;
}
Value title_cased(Call& call) {
  bool found = false;
  bool inside = false;
  for (const Character& c : characters(call.in.limits, call.self_text().view())) {
    const bool up = is_upper(c.code) || is_title(c.code);
    const bool low = is_lower(c.code);
    if ((up && inside) || (low && !inside)) return false;
    found |= up;
    inside = up || low;
  }
  return found;
}

Value formatted(Call& call) { return str_format(call.in, call.self_text(), call.arguments); }
Value formatted_by_map(Call& call) {
  Arguments arguments;
  const Dict* dict = call.at(0).dict();
  if (!dict) call.refuse("a mapping is expected");
  for (const auto& [key, value] : dict->members()) {
    if (key.text()) arguments.named.emplace_back(key.text()->bytes(), value);
  }
  return str_format(call.in, call.self_text(), arguments);
}

Value translate(Call& call) {
  TextBuilder out(call.in.limits);
  const Text& text = call.self_text();
  const Dict* table = call.at(0).dict();
  if (!table) call.refuse("a dict is expected");
  const std::vector<Character> all = characters(call.in.limits, text.view());
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const auto origin = text.is_content(all[i].begin) ? Text::Origin::content : Text::Origin::source;
    const Value* found = table->find(Value(static_cast<std::int64_t>(all[i].code)));
    if (!found) {
      out.append(all[i].code, origin);
    } else if (found->text()) {
      out.append(*found->text());
    } else if (const auto code = found->small(); code && *code >= 0 && *code < 0x110000) {
      out.append(static_cast<char32_t>(*code), origin);
    } else if (!found->is_none()) {
      call.refuse("character mapping must return integer, None or str");
    }
  }
  return out.finish();
}

constexpr Native rows[] = {
    {"capitalize", capital},
    {"casefold", cased<Case::fold>},
    {"center", padded<Side::both>, {"width", "fillchar"}, 1},
    {"count", count, {"sub", "start", "end"}, 1},
    {"endswith", ends_with, {"suffix", "start", "end"}, 1},
    {"expandtabs", expand_tabs, {"tabsize"}},
    {"find", find, {"sub", "start", "end"}, 1},
    {"format", formatted, {}, Native::any},
    {"format_map", formatted_by_map, {"mapping"}, 1},
    {"index", index, {"sub", "start", "end"}, 1},
    {"isalnum", all_are<is_alnum>},
    {"isalpha", all_are<is_alpha>},
    {"isascii", is_ascii},
    {"isdecimal", all_are<is_decimal>},
    {"isdigit", all_are<is_digit>},
    {"isidentifier", identifier},
    {"islower", all_cased<is_lower, is_upper>},
    {"isnumeric", all_are<is_numeric>},
    {"isprintable", printable},
    {"isspace", all_are<is_space>},
    {"istitle", title_cased},
    {"isupper", all_cased<is_upper, is_lower>},
    {"join", joined, {"iterable"}, 1},
    {"ljust", padded<Side::left>, {"width", "fillchar"}, 1},
    {"lower", cased<Case::lower>},
    {"lstrip", left_stripped, {"chars"}},
    {"partition", partition, {"sep"}, 1},
    {"removeprefix", remove_prefix, {"prefix"}, 1},
    {"removesuffix", remove_suffix, {"suffix"}, 1},
    {"replace", replaced, {"old", "new", "count"}, 2},
    {"rfind", right_find, {"sub", "start", "end"}, 1},
    {"rindex", right_index, {"sub", "start", "end"}, 1},
    {"rjust", padded<Side::right>, {"width", "fillchar"}, 1},
    {"rpartition", right_partition, {"sep"}, 1},
    {"rsplit", right_splits, {"sep", "maxsplit"}},
    {"rstrip", right_stripped, {"chars"}},
    {"split", splits, {"sep", "maxsplit"}},
    {"splitlines", lines, {"keepends"}},
    {"startswith", starts_with, {"prefix", "start", "end"}, 1},
    {"strip", stripped, {"chars"}},
    {"swapcase", swapped},
    {"title", cased<Case::title>},
    {"translate", translate, {"table"}, 1},
    {"upper", cased<Case::upper>},
    {"zfill", zero_filled, {"width"}, 1},
};

}  // namespace

std::span<const Native> text_methods() noexcept { return rows; }

}  // namespace ondol::jinja
