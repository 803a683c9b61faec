#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "base/utf8.hpp"
#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/markup.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/show.hpp"
#include "chat/jinja/text_functions.hpp"

namespace ondol::jinja {

Text escape_html(Limits& limits, const Text& text) {
  constexpr std::pair<char, std::string_view> entities[] = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&#39;"}, {'"', "&#34;"}};
  TextBuilder out(limits);
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const auto& [character, entity] : entities) {
      if (text.view()[i] != character) continue;
      out.append(text, done, i);
      out.append(entity, text.is_content(i) ? Text::Origin::content : Text::Origin::source);
      done = i + 1;
    }
  }
  out.append(text, done, text.size());
  return out.finish(true);
}

namespace {

Value escape(Call& call) {
  if (const Text* text = call.self.text(); text && text->markup()) return *text;
  return escape_html(call.in.limits, to_text(call.in.limits, call.self));
}

Value force_escape(Call& call) { return escape_html(call.in.limits, to_text(call.in.limits, call.self)); }

Value safe(Call& call) { return to_text(call.in.limits, call.self).as_markup(true); }

/// A reference to a character at the start of `text`: what it means, and its length.
struct Reference {
  std::string meaning;
  std::size_t length = 0;
};

std::optional<Reference> numeric_reference(std::string_view text) {
  if (!text.starts_with("&#")) return std::nullopt;
  const bool hexadecimal = text.size() > 2 && (text[2] | 0x20) == 'x';
  const char* const begin = text.data() + (hexadecimal ? 3 : 2);
  std::uint32_t code = 0;
  const auto read = std::from_chars(begin, text.data() + text.size(), code, hexadecimal ? 16 : 10);
  if (read.ec != std::errc() || code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
  Reference found{{}, static_cast<std::size_t>(read.ptr - text.data())};
  utf8_append(found.meaning, code);
  return found;
}

/// The names that escaping makes, and their kin; HTML knows two thousand more.
std::optional<Reference> named_reference(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"&lt", "<"}, {"&gt", ">"},  {"&amp", "&"},   {"&quot", "\""}, {"&LT", "<"},
      {"&GT", ">"}, {"&AMP", "&"}, {"&QUOT", "\""}, {"&apos;", "'"}, {"&nbsp", "\xC2\xA0"}};
  for (const auto& [name, meaning] : names) {
    if (text.starts_with(name)) return Reference{std::string(meaning), name.size()};
  }
  return std::nullopt;
}

Text unescape(Limits& limits, const Text& text) {
  TextBuilder out(limits);
  std::size_t done = 0;
  for (std::size_t at = 0; (at = text.view().find('&', at)) != std::string_view::npos;) {
    const std::string_view rest = text.view().substr(at);
    auto found = numeric_reference(rest);
    if (!found) found = named_reference(rest);
    if (!found) {
      ++at;
      continue;
    }
    out.append(text, done, at);
    out.append(found->meaning, text.is_content(at) ? Text::Origin::content : Text::Origin::source);
    at += found->length;
    if (text.view().substr(at - 1, 1) != ";" && text.view().substr(at).starts_with(';')) ++at;
    done = at;
  }
  out.append(text, done, text.size());
  return out.finish();
}

/// Without comments, tags, and white space but single blanks; entities decoded.
Value strip_tags(Call& call) {
  Limits& limits = call.in.limits;
  const Text text = to_text(limits, call.self).as_markup(false);
  TextBuilder out(limits);
  std::size_t done = 0;
  while (true) {
    const std::size_t begin = text.view().find('<', done);
    if (begin == std::string_view::npos) break;
    const bool comment = text.view().substr(begin).starts_with("<!--");
    const std::size_t end = comment ? find_text(text.view(), "-->", begin + 4) : text.view().find('>', begin);
    if (end == std::string_view::npos) break;
    out.append(text, done, begin);
    done = end + (comment ? 3 : 1);
  }
  out.append(text, done, text.size());
  return unescape(limits, join(limits, Text(" "), split(limits, out.finish(), nullptr, -1, false)));
}

void append_quoted(TextBuilder& out, const Text& text, bool query) {
  constexpr std::string_view plain = "_.-~";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text.view()[i];
    const auto origin = text.is_content(i) ? Text::Origin::content : Text::Origin::source;
    const bool letter = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (letter || plain.find(c) != plain.npos || (c == '/' && !query)) {
      out.append(std::string_view(&c, 1), origin);
    } else if (c == ' ' && query) {
      out.append("+", origin);
    } else {
      out.append(fmt::format("%{:02X}", static_cast<unsigned char>(c)), origin);
    }
  }
}

Value url_encode(Call& call) {
  Limits& limits = call.in.limits;
  TextBuilder out(limits);
  if (call.self.text() || !is_iterable(call.self)) {
    append_quoted(out, to_text(limits, call.self), false);
    return out.finish();
  }
  Values pairs;
  if (const Dict* dict = call.self.dict()) {
    for (const auto& [key, value] : dict->members()) pairs.push_back(make_tuple({key, value}));
  } else {
    pairs = items_of(call.in, call.self)->items;
  }
  bool first = true;
  for (const Value& pair : pairs) {
    const ListPtr both = items_of(call.in, pair);
    if (both->items.size() != 2) call.refuse("expected pairs");
    if (!first) out.append("&");
    first = false;
    append_quoted(out, to_text(limits, both->items[0]), true);
    out.append("=");
    append_quoted(out, to_text(limits, both->items[1]), true);
  }
  return out.finish();
}

Value xml_attributes(Call& call) {
  Limits& limits = call.in.limits;
  if (call.self.is_undefined()) use_undefined(call.self);
  const Dict* dict = call.self.dict();
  if (!dict) call.refuse(fmt::format("'{}' object has no attribute 'items'", type_name(call.self)));
  TextBuilder out(limits);
  const bool space = call.flag(0, true);
  for (const auto& [key, value] : dict->members()) {
    if (value.is_none() || value.is_undefined()) continue;
    if (!key.text()) call.refuse(fmt::format("expected string, got '{}'", type_name(key)));
    const Text& name = *key.text();
    if (name.view().find_first_of(" \t\n\r\f\v/>=") != std::string_view::npos) {
      call.refuse(fmt::format("Invalid character in attribute name: {}", brief(key)));
    }
    if (space || out.size() > 0) out.append(" ");
    const Text text = to_text(limits, value);
    out.append(name.markup() ? name : escape_html(limits, name));
    out.append("=\"");
    out.append(text.markup() ? text : escape_html(limits, text));
    out.append("\"");
  }
  return out.finish(call.in.autoescape);
}

/// Links are for pages, not for prompts.
Value urlize(Call& call) { call.refuse("links are not available"); }

constexpr Native rows[] = {
    {"e", escape},
    {"escape", escape},
    {"forceescape", force_escape},
    {"safe", safe},
    {"striptags", strip_tags},
    {"urlencode", url_encode},
    {"urlize", urlize, {}, Native::any},
    {"xmlattr", xml_attributes, {"autospace"}},
};

}  // namespace

std::span<const Native> markup_filters() noexcept { return rows; }

}  // namespace ondol::jinja
