#include "text/post_processor.hpp"

#include <fmt/format.h>

#include <array>

#include "text/hugging_face/parts.hpp"

namespace ondol::text {
namespace {

constexpr std::size_t longest_padding = 1u << 24;

Token token_of(const Config& config, const Json& json) {
  const auto id = json.as_int64();
  if (!id || *id < 0 || *id > 0x7FFFFFFF) config.refuse_value("ids", json.dump(), "token ids");
  return Token(*id);
}

/// ["[SEP]", 3]
LayoutPart special(const Config& config, std::string_view key, std::uint32_t type_id) {
  const Json& pair = config.at(key, Json::Kind::array);
  if (pair.size() != 2) config.refuse_value(key, pair.dump(), "a token and its id");
  return {.kind = LayoutPart::special, .type_id = type_id, .ids = {token_of(config, pair.at(1))}};
}

constexpr LayoutPart text_part(LayoutPart::Kind kind, std::uint32_t type_id) {
  return {.kind = kind, .type_id = type_id};
}

void bert(const Config& config, PostProcessor& out) {
  out.single = {special(config, "cls", 0), text_part(LayoutPart::first, 0), special(config, "sep", 0)};
  out.pair = out.single;
  out.pair.push_back(text_part(LayoutPart::second, 1));
  out.pair.push_back(special(config, "sep", 1));
}

void byte_level(const Config& config, PostProcessor& out) {
  out.trims_offsets = out.trims_offsets || config.flag("trim_offsets", true);
  out.keeps_first_space = config.flag("add_prefix_space", true);
}

void roberta(const Config& config, PostProcessor& out) {
  byte_level(config, out);
  out.single = {special(config, "cls", 0), text_part(LayoutPart::first, 0), special(config, "sep", 0)};
  out.pair = out.single;
  out.pair.push_back(special(config, "sep", 0));
  out.pair.push_back(text_part(LayoutPart::second, 0));
  out.pair.push_back(special(config, "sep", 0));
}

std::vector<LayoutPart> layout(const Config& config, std::string_view key) {
  std::vector<LayoutPart> parts;
  const Json& tokens = config.at("special_tokens", Json::Kind::object);
  for (const Json& item : config.at(key, Json::Kind::array).items()) {
    if (item.size() != 1 || !item.is_object()) config.refuse_value(key, item.dump(), "a token or a text");
    const auto& [kind, value] = item.members().front();
    const Config part(value, fmt::format("{}: '{}'", config.what(), key));
    const std::string id = part.text("id");
    const auto type_id = std::uint32_t(part.count("type_id", 0));
    if (kind == "Sequence") {
      if (id != "A" && id != "B") part.refuse_value("id", id, "A or B");
      parts.push_back(text_part(id == "A" ? LayoutPart::first : LayoutPart::second, type_id));
      continue;
    }
    const Json* token = tokens.find(id);
    if (kind != "SpecialToken" || !token) config.refuse_value(key, item.dump(), "one of its special_tokens");
    parts.push_back({.kind = LayoutPart::special, .type_id = type_id});
    for (const Json& number : Config(*token, config.what()).at("ids", Json::Kind::array).items()) {
      parts.back().ids.push_back(token_of(config, number));
    }
  }
  return parts;
}

void template_processing(const Config& config, PostProcessor& out) {
  out.single = layout(config, "single");
  out.pair = layout(config, "pair");
  for (const LayoutPart& part : out.single) {
    if (part.kind == LayoutPart::second) config.refuse_value("single", "a layout with B", "one of A alone");
  }
}

void sequence(const Config& config, PostProcessor& out) {
  for (const Json& item : config.at("processors", Json::Kind::array).items()) read_post_processor(item, out);
}

struct Kind {
  std::string_view type;
  void (*read)(const Config&, PostProcessor&);
};
constexpr auto kinds = std::to_array<Kind>({
    {"Sequence", sequence},
    {"BertProcessing", bert},
    {"RobertaProcessing", roberta},
    {"TemplateProcessing", template_processing},
    {"ByteLevel", byte_level},
});

bool is_left(const Config& config) {
  const std::string direction = config.text("direction", "Right");
  if (direction != "Left" && direction != "Right") config.refuse_value("direction", direction, "Left or Right");
  return direction == "Left";
}

}  // namespace

void read_post_processor(const Json& json, PostProcessor& out) {
  if (json.is_null()) return;
  const Config config(json, "post_processor");
  for (const Kind& kind : kinds) {
    if (kind.type == config.type()) return kind.read(config, out);
  }
  config.refuse_type();
}

void read_truncation(const Json& json, PostProcessor& out) {
  if (json.is_null()) return;
  const Config config(json, "truncation");
  const std::string strategy = config.text("strategy", "LongestFirst");
  Truncation t{.max_length = config.count("max_length"), .stride = config.count("stride", 0), .left = is_left(config)};
  if (strategy == "OnlyFirst")
    t.strategy = Truncation::only_first;
  else if (strategy == "OnlySecond")
    t.strategy = Truncation::only_second;
  else if (strategy != "LongestFirst")
    config.refuse_value("strategy", strategy, "LongestFirst, OnlyFirst or OnlySecond");
  out.truncation = t;
}

void read_padding(const Json& json, PostProcessor& out) {
  if (json.is_null()) return;
  const Config config(json, "padding");
  Padding p{.multiple_of = config.count("pad_to_multiple_of", 0),
            .id = Token(config.count("pad_id", 0)),
            .type_id = std::uint32_t(config.count("pad_type_id", 0)),
            .left = is_left(config)};
  const Json* strategy = config.find("strategy");
  if (strategy && strategy->is_object()) {
    p.length = Config(*strategy, "padding: 'strategy'").count("Fixed");
    if (*p.length > longest_padding) config.refuse_value("strategy", strategy->dump(), "a length of at most 2^24");
  }
  if (strategy && !strategy->is_object() && config.text("strategy") != "BatchLongest") {
    config.refuse_value("strategy", strategy->dump(), "BatchLongest or {\"Fixed\": …}");
  }
  if (p.multiple_of > longest_padding) config.refuse_value("pad_to_multiple_of", "more", "at most 2^24");
  out.padding = p;
}

}  // namespace ondol::text
