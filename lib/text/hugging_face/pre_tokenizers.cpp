#include <array>

#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/hugging_face/parts.hpp"
#include "text/split/pre_tokenizers.hpp"
#include "text/split/splitters.hpp"

namespace ondol::text {
namespace {

void sequence(const Config& config, PreTokenizers& out) {
  for (const Json& item : config.at("pretokenizers", Json::Kind::array).items()) add_pre_tokenizers(item, out);
}

template <class Step, class... Arguments>
void add(PreTokenizers& out, Arguments&&... arguments) {
  out.steps.push_back(std::make_unique<Step>(std::forward<Arguments>(arguments)...));
  out.spells_last = std::is_same_v<Step, SpellBytes>;
  out.spell_bytes += out.spells_last;
}

Behaviour behaviour_of(const Config& config, Behaviour if_missing) {
  constexpr std::array names = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
  if (!config.find("behavior")) return if_missing;
  const std::string name = config.text("behavior");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names[i]) return Behaviour(i);
  }
  config.refuse_value("behavior", name, "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

void byte_level(const Config& config, PreTokenizers& out) {
  if (config.flag("add_prefix_space", true)) add<PrefixSpace>(out);
  if (config.flag("use_regex", true)) {
    add<Split>(out, Regex(find_pre_tokenizer("gpt-2")->steps[0].pattern), Behaviour::isolated);
  }
  add<SpellBytes>(out);
}

void bert(const Config& /*config*/, PreTokenizers& out) {
  add<SplitAtCharacters>(out, is_white_space, Behaviour::removed);
  add<SplitAtCharacters>(out, is_punctuation, Behaviour::isolated);
}

void metaspace(const Config& config, PreTokenizers& out) {
  std::string blank;
  utf8_append(blank, config.character("replacement"));
  const std::string scheme = config.text("prepend_scheme", "always");
  Metaspace::Where where = Metaspace::Where::always;
  if (scheme == "first")
    where = Metaspace::Where::first;
  else if (scheme == "never")
    where = Metaspace::Where::never;
  else if (scheme != "always")
    config.refuse_value("prepend_scheme", scheme, "always, first or never");
  if (!config.flag("add_prefix_space", true)) {  // files older than the scheme
    if (config.find("prepend_scheme") && where != Metaspace::Where::never) {
      config.refuse_value("add_prefix_space", "false", "true with a prepend_scheme of " + scheme);
    }
    where = Metaspace::Where::never;
  }
  const bool asks = where == Metaspace::Where::first;
  out.asks_for_start = out.asks_for_start || asks;
  out.asks_late = out.asks_late || (asks && !out.steps.empty());
  add<Metaspace>(out, blank, where, config.flag("split", true));
}

void split(const Config& config, PreTokenizers& out) {
  auto [pattern, is_regex] = read_pattern(config);
  const Behaviour behaviour = behaviour_of(config, Behaviour::isolated);
  const bool inverted = config.flag("invert", false);
  if (is_regex || pattern.empty())
    add<Split>(out, Regex(pattern), behaviour, inverted);
  else
    add<Split>(out, std::move(pattern), behaviour, inverted);
}

void character_delimiter(const Config& config, PreTokenizers& out) {
  std::string delimiter;
  utf8_append(delimiter, config.character("delimiter"));
  add<Split>(out, delimiter, Behaviour::removed);
}

void digits(const Config& config, PreTokenizers& out) {
  const bool single = config.flag("individual_digits", false);
  add<SplitAtCharacters>(out, is_numeric, single ? Behaviour::isolated : Behaviour::contiguous);
}

void fixed_length(const Config& config, PreTokenizers& out) {
  const std::size_t length = config.count("length", 5);
  if (length == 0) config.refuse_value("length", "0", "1 or more");
  add<FixedLength>(out, length);
}

struct Kind {
  std::string_view type;
  void (*add)(const Config&, PreTokenizers&);
};
constexpr auto kinds = std::to_array<Kind>({
    {"Sequence", sequence},
    {"ByteLevel", byte_level},
    {"Whitespace", [](const Config&, PreTokenizers& out) { add<WordsAndSigns>(out); }},
    {"WhitespaceSplit",
     [](const Config&, PreTokenizers& out) { add<SplitAtCharacters>(out, is_white_space, Behaviour::removed); }},
    {"BertPreTokenizer", bert},
    {"Metaspace", metaspace},
    {"Digits", digits},
    {"Punctuation",
     [](const Config& c, PreTokenizers& out) {
       add<SplitAtCharacters>(out, is_punctuation, behaviour_of(c, Behaviour::isolated));
     }},
    {"Split", split},
    {"UnicodeScripts", [](const Config&, PreTokenizers& out) { add<UnicodeScripts>(out); }},
    {"CharDelimiterSplit", character_delimiter},
    {"FixedLength", fixed_length},
});

}  // namespace

void add_pre_tokenizers(const Json& json, PreTokenizers& out) {
  if (json.is_null()) return;
  const Config config(json, "pre_tokenizer");
  for (const Kind& kind : kinds) {
    if (kind.type == config.type()) return kind.add(config, out);
  }
  config.refuse_type();
}

}  // namespace ondol::text
