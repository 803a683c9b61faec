#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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

/// The entities that escaping makes, and their kin; HTML knows two thousand more.
Text unescape(Limits& limits, const Text& text) {
  constexpr std::pair<std::string_view, std::string_view> entities[] = {
      {"&lt;", "<"},  {"&gt;", ">"},    {"&amp;", "&"},  {"&quot;", "\""}, {"&LT;", "<"},   {"&GT;", ">"},
      {"&AMP;", "&"}, {"&QUOT;", "\""}, {"&#34;", "\""}, {"&#39;", "'"},   {"&apos;", "'"}, {"&nbsp;", "\xC2\xA0"}};
  TextBuilder out(limits);
  std::size_t done = 0;
  for (std::size_t at = 0; (at = text.view().find('&', at)) != std::string_view::npos;) {
    const std::string_view rest = text.view().substr(at);
    const auto* found = std::find_if(std::begin(entities), std::end(entities),
                                     [&](const auto& entity) { return rest.starts_with(entity.first); });
    if (found == std::end(entities)) {
      ++at;
      continue;
    }
    out.append(text, done, at);
    out.append(found->second, text.is_content(at) ? Text::Origin::content : Text::Origin::source);
    at = done = at + found->first.size();
  }
  out.append(text, done, text.size());
  return out.finish();
}

/// Without comments, tags, and white space but single blanks; entities decoded.
Value strip_tags(Call& call) {
  Limits& limits = call.in.limits;
  Text text = to_text(limits, call.self).as_markup(false);
  const auto remove = [&](std::string_view open, std::string_view close) {
    TextBuilder out(limits);
    std::size_t done = 0;
    for (std::size_t from = 0;;) {
      const std::size_t begin = text.view().find(open, from);
      if (begin == std::string_view::npos) break;
      const std::size_t end = text.view().find(close, begin);
      if (end == std::string_view::npos) break;
      out.append(text, done, begin);
      done = from = end + close.size();
    }
    out.append(text, done, text.size());
    text = out.finish();
  };
  remove("<!--", "-->");
  remove("<", ">");
  text = join(limits, Text(" "), split(limits, text, nullptr, -1, false));
  return unescape(limits, text);
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
