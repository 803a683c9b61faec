#include "chat/jinja/show.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "chat/jinja/operators.hpp"
#include "chat/jinja/unicode.hpp"

namespace ondol::jinja {
namespace {

void append_escape(std::string& out, char32_t code) {
  const auto number = static_cast<unsigned>(code);
  out += code < 0x100     ? fmt::format("\\x{:02x}", number)
         : code < 0x10000 ? fmt::format("\\u{:04x}", number)
                          : fmt::format("\\U{:08x}", number);
}

void append_text_repr(TextBuilder& out, const Text& text) {
  const std::size_t begin = out.size();
  const std::string_view bytes = text.view();
  const bool has_single = bytes.find('\'') != bytes.npos;
  const char quote = has_single && bytes.find('"') == bytes.npos ? '"' : '\'';
  std::string escaped;
  escaped += quote;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(bytes.substr(i)), 1);
    const char32_t code = utf8_decode(bytes.substr(i), length);
    if (code == static_cast<unsigned char>(quote) || code == '\\') {
      escaped += '\\';
      escaped += static_cast<char>(code);
    } else if (code == '\n') {
      escaped += "\\n";
    } else if (code == '\r') {
      escaped += "\\r";
    } else if (code == '\t') {
      escaped += "\\t";
    } else if (code < 0x80 ? code >= 0x20 && code < 0x7F : is_printable(code)) {
      escaped += bytes.substr(i, length);
    } else {
      append_escape(escaped, code);
    }
    i += length;
  }
  escaped += quote;
  if (text.markup()) escaped = fmt::format("Markup({})", escaped);
  out.append(escaped);
  if (text.has_content()) out.mark_from(begin);
}

void append_items(TextBuilder& out, const List& list) {
  out.limits().step(list.items.size());
  const bool tuple = list.kind != List::Kind::list;
  out.append(tuple ? "(" : "[");
  bool first = true;
  for (const Value& item : list.items) {
    if (!first) out.append(", ");
    first = false;
    append_repr(out, item);
  }
  if (tuple) out.append(list.items.size() == 1 ? ",)" : ")");
  if (!tuple) out.append("]");
}

void append_members(TextBuilder& out, const Dict& dict) {
  out.limits().step(dict.size());
  out.append("{");
  bool first = true;
  for (const auto& [key, value] : dict.members()) {
    if (!first) out.append(", ");
    first = false;
    append_repr(out, key);
    out.append(": ");
    append_repr(out, value);
  }
  out.append("}");
}

class JsonWriter {
 public:
  JsonWriter(TextBuilder& out, const ToJson& options) : out_(out), options_(options) {}

  void write(const Value& value) {
    switch (value.type()) {
      case Type::none: out_.append("null"); return;
      case Type::boolean: out_.append(value.boolean() ? "true" : "false"); return;
      case Type::integer:
      case Type::big: append_repr(out_, value); return;
      case Type::real: out_.append(Json(value.real()).dump()); return;
      case Type::text: write_text(*value.text()); return;
      case Type::list: {
        const auto write_item = [&](const Value& item) { write(item); };
        write_all(value.list()->items, "[]", write_item);
        return;
      }
      case Type::dict: write_dict(*value.dict()); return;
      default: throw Failure(fmt::format("Object of type {} is not JSON serializable", type_name(value)));
    }
  }

 private:
  void write_text(const Text& text) {
    std::string escaped;
    append_json_string(escaped, text.view(), options_.ascii);
    out_.append(escaped, text.has_content() ? Text::Origin::content : Text::Origin::source);
  }

  Text key_text(const Value& key) const {
    switch (key.type()) {
      case Type::text: return *key.text();
      case Type::none: return Text("null");
      case Type::boolean: return Text(key.boolean() ? "true" : "false");
      case Type::integer:
      case Type::big:
      case Type::real: return to_text(out_.limits(), key);
      default: throw Failure(fmt::format("keys must be str, int, float, bool or None, not {}", type_name(key)));
    }
  }

  void write_dict(const Dict& dict) {
    const auto write_member = [&](const Dict::Member& member) {
      write_text(key_text(member.first));
      out_.append(options_.key_separator);
      write(member.second);
    };
    if (!options_.sort_keys) return write_all(dict.members(), "{}", write_member);
    std::vector<Dict::Member> members = dict.members();
    std::stable_sort(members.begin(), members.end(),
                     [](const Dict::Member& a, const Dict::Member& b) { return less(a.first, b.first); });
    write_all(members, "{}", write_member);
  }

  template <class Items, class Write>
  void write_all(const Items& items, std::string_view brackets, const Write& write_item) {
    out_.limits().step(items.size());
    out_.append(brackets.substr(0, 1));
    ++level_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_.append(options_.item_separator);
      first = false;
      new_line();
      write_item(item);
    }
    --level_;
    if (!first) new_line();
    out_.append(brackets.substr(1));
  }

  void new_line() {
    if (!options_.indent) return;
    out_.append("\n");
    out_.repeat(*options_.indent, level_);
  }

  TextBuilder& out_;
  const ToJson& options_;
  std::size_t level_ = 0;
};

}  // namespace

void append_str(TextBuilder& out, const Value& value) {
  if (const Text* text = value.text()) {
    out.append(*text);
  } else if (!value.is_undefined()) {
    append_repr(out, value);
  }
}

void append_repr(TextBuilder& out, const Value& value) {
  const TextBuilder::Level level(out);
  const std::size_t begin = out.size();
  switch (value.type()) {
    case Type::undefined: out.append("Undefined"); return;
    case Type::none: out.append("None"); return;
    case Type::boolean: out.append(value.boolean() ? "True" : "False"); return;
    case Type::integer: out.append(fmt::format_int(*value.small()).c_str()); return;
    case Type::big: out.append(value.big().to_string()); return;
    case Type::real: out.append(float_repr(value.real())); return;
    case Type::text: append_text_repr(out, *value.text()); return;
    case Type::list: append_items(out, *value.list()); break;
    case Type::dict: append_members(out, *value.dict()); break;
    case Type::object: value.object()->append_repr(out); break;
  }
  if (out.has_content_from(begin)) out.mark_from(begin);
}

Text ascii_only(Limits& limits, const Text& text) {
  if (text.ascii()) return text;
  TextBuilder out(limits);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text.view().substr(i)), 1);
    const char32_t code = utf8_decode(text.view().substr(i), length);
    std::string escape;
    if (code >= 0x80) append_escape(escape, code);
    out.append(code < 0x80 ? text.view().substr(i, 1) : std::string_view(escape),
               text.is_content(i) ? Text::Origin::content : Text::Origin::source);
    i += length;
  }
  return out.finish(text.markup());
}

Text to_text(Limits& limits, const Value& value) {
  if (const Text* text = value.text()) return *text;
  TextBuilder out(limits);
  append_str(out, value);
  return out.finish();
}

std::string brief(const Value& value) {
  Limits limits(1000, 1000);
  TextBuilder out(limits);
  try {
    append_repr(out, value);
  } catch (const Failure&) {
    return std::string(out.view().substr(0, 60)) + "...";
  }
  return std::string(out.view());
}

void append_json(TextBuilder& out, const Value& value, const ToJson& options) {
  const std::size_t begin = out.size();
  JsonWriter(out, options).write(value);
  if (out.has_content_from(begin)) out.mark_from(begin);
}

}  // namespace ondol::jinja
