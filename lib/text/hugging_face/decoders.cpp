#include <algorithm>
#include <array>

#include "base/utf8.hpp"
#include "text/decode/byte_level.hpp"
#include "text/decode/steps.hpp"
#include "text/hugging_face/parts.hpp"

namespace ondol::text {
namespace {

/// Descriptions of the steps, those of sequences one by one.
void flatten(const Json& json, std::vector<Json>& out) {
  const Config config(json, "decoder");
  if (config.type() != "Sequence") return out.push_back(json);
  for (const Json& item : config.at("decoders", Json::Kind::array).items()) flatten(item, out);
}

DecodeStepKind replace(const Config& config) {
  auto [pattern, is_regex] = read_pattern(config);
  return is_regex ? replace_step(Regex(pattern), config.text("content"))
                  : replace_step(std::move(pattern), config.text("content"));
}

DecodeStepKind metaspace(const Config& config) {
  std::string blank;
  utf8_append(blank, config.character("replacement"));
  const bool never = config.text("prepend_scheme", "always") == "never" || !config.flag("add_prefix_space", true);
  return metaspace_step(blank, !never);
}

struct Kind {
  std::string_view type;
  DecodeStepKind (*make)(const Config&);
};
constexpr auto kinds = std::to_array<Kind>({
    {"ByteLevel", [](const Config&) { return byte_level_step(); }},
    {"Replace", replace},
    {"WordPiece", [](const Config& c) { return word_piece_step(c.text("prefix", "##"), c.flag("cleanup", true)); }},
    {"ByteFallback", [](const Config&) { return byte_fallback_step(); }},
    {"Strip",
     [](const Config& c) { return strip_step(c.character("content"), c.count("start", 0), c.count("stop", 0)); }},
    {"Metaspace", metaspace},
    {"BPEDecoder", [](const Config& c) { return word_end_step(c.text("suffix", "</w>")); }},
    {"CTC",
     [](const Config& c) {
       return ctc_step(c.text("pad_token", "<pad>"), c.text("word_delimiter_token", "|"), c.flag("cleanup", true));
     }},
});

DecodeStepKind make_step(const Config& config) {
  for (const Kind& kind : kinds) {
    if (kind.type == config.type()) return kind.make(config);
  }
  config.refuse_type();
}

/// The steps behind a Fuse see one token. Strip does so as the tokens come, others wait for the last one.
void add_fused(std::span<const Json> steps, std::vector<DecodeStepKind>& out) {
  const auto is = [](const Json& json, std::string_view type) { return Config(json, "decoder").type() == type; };
  bool streams =
      std::all_of(steps.begin(), steps.end(), [&](const Json& j) { return is(j, "Strip") || is(j, "Fuse"); });
  if (!streams) out.push_back(gather_step());
  for (const Json& json : steps) {
    const Config config(json, "decoder");
    if (config.type() == "Fuse") continue;
    out.push_back(streams
                      ? strip_fused_step(config.character("content"), config.count("start", 0), config.count("stop", 0))
                      : make_step(config));
  }
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(const Json& json, const Vocabulary& vocabulary) {
  std::vector<DecodeStepKind> steps;
  if (json.is_null()) {
    steps.push_back(join_step(" "));
    return std::make_unique<DecoderChain>(vocabulary, std::move(steps), false);
  }
  std::vector<Json> parts;
  flatten(json, parts);
  if (parts.size() == 1 && Config(parts[0], "decoder").type() == "ByteLevel") {
    return std::make_unique<ByteLevelDecoder>(vocabulary);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Config config(parts[i], "decoder");
    if (config.type() == "Fuse") {
      add_fused(std::span(parts).subspan(i + 1), steps);
      break;
    }
    steps.push_back(make_step(config));
    if (config.type() == "ByteLevel") {  // its bytes are one text, too
      add_fused(std::span(parts).subspan(i + 1), steps);
      break;
    }
  }
  const bool has_bytes = std::any_of(parts.begin(), parts.end(),
                                     [](const Json& j) { return Config(j, "decoder").type() == "ByteFallback"; });
  return std::make_unique<DecoderChain>(vocabulary, std::move(steps), has_bytes);
}

}  // namespace ondol::text
