#include "text/normalize/normalizers.hpp"

#include <array>

#include "base/base64.hpp"
#include "text/characters.hpp"
#include "text/hugging_face/parts.hpp"

namespace ondol::text {
namespace {

void sequence(const Config& config, Normalizers& out) {
  for (const Json& item : config.at("normalizers", Json::Kind::array).items()) add_normalizers(item, out);
}

template <UnicodeForm::Form form>
void unicode_form(const Config& /*config*/, Normalizers& out) {
  out.push_back(std::make_unique<UnicodeForm>(form));
}

void strip(const Config& config, Normalizers& out) {
  out.push_back(std::make_unique<Strip>(config.flag("strip_left", true), config.flag("strip_right", true)));
}

void replace(const Config& config, Normalizers& out) {
  auto [pattern, is_regex] = read_pattern(config);
  const std::string content = config.text("content");
  if (is_regex)
    out.push_back(std::make_unique<Replace>(Regex(pattern), content));
  else
    out.push_back(std::make_unique<Replace>(std::move(pattern), content));
}

void precompiled(const Config& config, Normalizers& out) {
  const std::string table = base64_decode(config.text("precompiled_charsmap"), config.what());
  if (!table.empty()) out.push_back(std::make_unique<CharacterMap>(table));
}

void bert(const Config& config, Normalizers& out) {
  const bool lowercase = config.flag("lowercase", true);
  if (config.flag("clean_text", true)) {
    out.push_back(std::make_unique<DropCharacters>(is_unclean));
    out.push_back(std::make_unique<BertSpaces>());
  }
  if (config.flag("handle_chinese_chars", true)) out.push_back(std::make_unique<SpacesAroundIdeographs>());
  if (config.flag("strip_accents", lowercase)) {
    out.push_back(std::make_unique<UnicodeForm>(UnicodeForm::nfd));
    out.push_back(std::make_unique<DropCharacters>(is_nonspacing_mark));
  }
  if (lowercase) out.push_back(std::make_unique<Lowercase>());
}

struct Kind {
  std::string_view type;
  void (*add)(const Config&, Normalizers&);
};
constexpr auto kinds = std::to_array<Kind>({
    {"Sequence", sequence},
    {"NFC", unicode_form<UnicodeForm::nfc>},
    {"NFD", unicode_form<UnicodeForm::nfd>},
    {"NFKC", unicode_form<UnicodeForm::nfkc>},
    {"NFKD", unicode_form<UnicodeForm::nfkd>},
    {"Lowercase", [](const Config&, Normalizers& out) { out.push_back(std::make_unique<Lowercase>()); }},
    {"Strip", strip},
    {"StripAccents", [](const Config&, Normalizers& out) { out.push_back(std::make_unique<DropCharacters>(is_mark)); }},
    {"Replace", replace},
    {"Prepend", [](const Config& c, Normalizers& out) { out.push_back(std::make_unique<Prepend>(c.text("prepend"))); }},
    {"Precompiled", precompiled},
    {"BertNormalizer", bert},
    {"ByteLevel", [](const Config&, Normalizers& out) { out.push_back(std::make_unique<SpelledBytes>()); }},
    {"Nmt",
     [](const Config&, Normalizers& out) {
       out.push_back(std::make_unique<DropCharacters>(is_nmt_control));
       out.push_back(std::make_unique<NmtSpaces>());
     }},
});

}  // namespace

void add_normalizers(const Json& json, Normalizers& out) {
  if (json.is_null()) return;
  const Config config(json, "normalizer");
  for (const Kind& kind : kinds) {
    if (kind.type == config.type()) return kind.add(config, out);
  }
  config.refuse_type();
}

PatternConfig read_pattern(const Config& config) {
  const Json& pattern = config.at("pattern", Json::Kind::object);
  for (const bool is_regex : {false, true}) {
    const Json* text = pattern.find(is_regex ? "Regex" : "String");
    if (text && text->as_string()) return {*text->as_string(), is_regex};
  }
  config.refuse_value("pattern", pattern.dump(), "{\"String\": …} or {\"Regex\": …}");
}

}  // namespace ondol::text
