#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "chat/jinja/access.hpp"
#include "chat/jinja/interpreter.hpp"
#include "chat/jinja/native.hpp"
#include "chat/jinja/operators.hpp"
#include "chat/jinja/show.hpp"
#include "chat/jinja/text_functions.hpp"
#include "chat/jinja/word_wrap.hpp"

namespace ondol::jinja {
namespace {

Text self_text(Call& call) { return to_text(call.in.limits, call.self); }
/// For filters that use methods of str right away.
const Text& strict_text(Call& call) {
  if (call.self.is_undefined()) use_undefined(call.self);
  if (const Text* text = call.self.text()) return *text;
  call.refuse(fmt::format("'{}' object is no text", type_name(call.self)));
}

Value upper(Call& call) { return change_case(call.in.limits, self_text(call), Case::upper); }
Value lower(Call& call) { return change_case(call.in.limits, self_text(call), Case::lower); }
Value capital(Call& call) { return capitalize(call.in.limits, self_text(call)); }

/// Words start behind white space and - ( { [ <.
Value title(Call& call) {
  Limits& limits = call.in.limits;
  const Text text = self_text(call);
  const std::vector<Character> all = characters(limits, text.view());
  const auto separates = [&](std::size_t i) {
    const char32_t c = all[i].code;
    return is_space(c) || (c < 0x80 && std::string_view("-({[<").find(static_cast<char>(c)) != std::string_view::npos);
  };
  TextBuilder out(limits);
  for (std::size_t i = 0; i + 1 < all.size();) {
    if (separates(i)) {
      out.append(text, all[i].begin, all[i + 1].begin);
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end + 1 < all.size() && !separates(end)) ++end;
    out.append(change_case(limits, text.slice(all[i].begin, all[i + 1].begin), Case::upper));
    out.append(change_case(limits, text.slice(all[i + 1].begin, all[end].begin), Case::lower));
    i = end;
  }
  return out.finish();
}

Value trim(Call& call) {
  const Value* chars = call.given(0);
  return strip(self_text(call), chars ? &call.text(0) : nullptr, Side::both);
}

Value replaced(Call& call) {
  Limits& limits = call.in.limits;
  const std::int64_t count = call.given(2) ? call.integer(2) : -1;
  const Text text = self_text(call).as_markup(false);
  return replace(limits, text, to_text(limits, call.at(0)), to_text(limits, call.at(1)), count);
}

Value center(Call& call) { return pad(call.in.limits, self_text(call), call.integer(0, 80), Side::both, Text(" ")); }

Value string(Call& call) { return self_text(call); }

Value indent(Call& call) {
  Limits& limits = call.in.limits;
  const Text& text = strict_text(call);
  TextBuilder space(limits);
  if (call.has(0) && call.at(0).text()) {
    space.append(call.text(0));
  } else {
    space.repeat(" ", static_cast<std::size_t>(std::max<std::int64_t>(call.integer(0, 4), 0)));
  }
  const Text indention = space.finish();
  const bool first = call.flag(1, false);
  const bool blank = call.flag(2, false);
  TextBuilder with_end(limits);  // so that an empty last line counts
  with_end.append(text);
  with_end.append("\n");
  const Values lines = split_lines(limits, with_end.finish(), false);
  TextBuilder out(limits);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Text& line = *lines[i].text();
    if (i > 0) out.append("\n");
    if (i == 0 ? first : blank || !line.empty()) out.append(indention);
    out.append(line);
  }
  return out.finish(text.markup());
}

Value truncate(Call& call) {
  const std::int64_t length = call.integer(0, 255);
  const Value end = call.has(2) ? call.at(2) : Value::source("...");
  const std::int64_t leeway = call.given(3) ? call.integer(3) : 5;
  const auto end_length = static_cast<std::int64_t>(length_of(end));
  if (length < end_length) call.refuse(fmt::format("expected length >= {}, got {}", end_length, length));
  if (leeway < 0) call.refuse(fmt::format("expected leeway >= 0, got {}", leeway));
  if (static_cast<std::int64_t>(length_of(call.self)) <= length + leeway) return call.self;
  const Text& text = strict_text(call);
  Text kept = text.slice(0, text.byte_of(static_cast<std::size_t>(length - end_length)));
  if (!call.flag(1, false)) {
    const std::size_t blank = kept.view().rfind(' ');
    if (blank != std::string_view::npos) kept = kept.slice(0, blank);
  }
  return arithmetic(call.in, Operator::add, kept, end);
}

Value word_count(Call& call) {
  std::int64_t count = 0;
  bool inside = false;
  for (const Character& c : characters(call.in.limits, self_text(call).view())) {
    const bool word = is_word(c.code);
    count += word && !inside;
    inside = word;
  }
  return count;
}

Value format(Call& call) {
  if (!call.arguments.positional.empty() && !call.arguments.named.empty()) {
    call.refuse("can't handle positional and keyword arguments at the same time");
  }
  if (call.arguments.named.empty()) {
    return percent_format(call.in, self_text(call), make_tuple(std::move(call.arguments.positional)));
  }
  auto named = std::make_shared<Dict>();
  for (auto& [name, value] : call.arguments.named) named->set(Value::source(name), std::move(value));
  return percent_format(call.in, self_text(call), DictPtr(std::move(named)));
}

Value to_json(Call& call) {
  ToJson options;
  options.ascii = call.flag(0, false);
  options.sort_keys = call.flag(3, false);
  if (const Value* indent = call.given(1)) {
    options.item_separator.assign(1, ',');
    if (const Text* text = indent->text()) {
      options.indent = text->bytes();
    } else {
      const std::int64_t width = std::max<std::int64_t>(call.integer(1), 0);
      call.in.limits.text(static_cast<std::uint64_t>(width));
      options.indent = std::string(static_cast<std::size_t>(width), ' ');
    }
  }
  if (const Value* separators = call.given(2)) {
    const List* pair = separators->list();
    if (!pair || pair->items.size() != 2 || !pair->items[0].text() || !pair->items[1].text()) {
      call.refuse("separators must be a pair of texts");
    }
    options.item_separator = pair->items[0].text()->bytes();
    options.key_separator = pair->items[1].text()->bytes();
  }
  TextBuilder out(call.in.limits);
  append_json(out, call.self, options);
  return out.finish();
}

Value pretty(Call& call) {
  TextBuilder out(call.in.limits);
  append_repr(out, call.self);
  return out.finish();
}

Value word_wrap(Call& call) {
  const std::int64_t width = call.integer(0, 79);
  const Text& text = strict_text(call);
  if (width <= 0) call.refuse(fmt::format("invalid width {} (must be > 0)", width));
  const bool hyphens = call.flag(3, true);
  // textwrap takes only True itself for its rule of chunks.
  const bool chunks = !call.has(3) || (call.at(3).is(Type::boolean) && hyphens);
  const WrapOptions options{static_cast<std::size_t>(width), call.flag(1, true), hyphens, chunks};
  Values lines;
  for (const Value& line : split_lines(call.in.limits, text, false)) {
    const std::size_t before = lines.size();
    wrap_line(call.in.limits, *line.text(), options, lines);
    if (lines.size() == before) lines.emplace_back(Text());
  }
  return join(call.in.limits, call.given(2) ? call.text(2) : Text("\n"), lines);
}

constexpr Native rows[] = {
    {"capitalize", capital},
    {"center", center, {"width"}},
    {"format", format, {}, Native::any},
    {"indent", indent, {"width", "first", "blank"}},
    {"lower", lower},
    {"pprint", pretty},
    {"replace", replaced, {"old", "new", "count"}, 2},
    {"string", string},
    {"title", title},
    {"tojson", to_json, {"ensure_ascii", "indent", "separators", "sort_keys"}},
    {"trim", trim, {"chars"}},
    {"truncate", truncate, {"length", "killwords", "end", "leeway"}},
    {"upper", upper},
    {"wordcount", word_count},
    {"wordwrap", word_wrap, {"width", "break_long_words", "wrapstring", "break_on_hyphens"}},
};

}  // namespace

std::span<const Native> text_filters() noexcept { return rows; }

}  // namespace ondol::jinja
