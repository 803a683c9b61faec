#include <fmt/format.h>

#include "base/base64.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/mapped_file.hpp"
#include "text/hugging_face/config.hpp"
#include "text/rank_tokenizer.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol::text {
namespace {

constexpr std::size_t default_special = 1000;  // ids before the ranks, in files that do not say

/// Control tokens have the first ids. Files of the first versions do not list them: these are theirs, in order.
constexpr std::string_view first_specials[] = {
    "<unk>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "[IMG]",
    "<pad>",
    "[IMG_BREAK]",
    "[IMG_END]",
    "[PREFIX]",
    "[MIDDLE]",
    "[SUFFIX]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
};

void read_control(const Json& root, std::size_t count, RankData& data) {
  std::vector<std::string> names(count);
  const Json* listed = root.find("special_tokens");
  if (listed && listed->is_array()) {
    for (const Json& item : listed->items()) {
      const Config token(item, "special_tokens");
      const std::size_t rank = token.count("rank");
      if (rank >= count) token.refuse_value("rank", std::to_string(rank), fmt::format("less than {}", count));
      names[rank] = token.text("token_str");
    }
  } else {
    for (std::size_t i = 0; i < std::min(count, std::size(first_specials)); ++i) names[i] = first_specials[i];
  }
  for (std::size_t i = 0; i < count; ++i) {
    data.control.emplace_back(names[i].empty() ? fmt::format("<SPECIAL_{}>", i) : names[i], Token(i));
    if (names[i] == "<s>") data.special.bos = Token(i);
    if (names[i] == "</s>") data.special.eos = Token(i);
    if (names[i] == "<unk>") data.special.unknown = Token(i);
    if (names[i] == "<pad>") data.special.padding = Token(i);
  }
  data.special.adds_bos = data.special.bos.has_value();
}

Tokenizer read(const Json& root, const std::string& path) {
  const Config file(root, "tekken");
  const Json& settings = file.at("config", Json::Kind::object);
  const Config config(settings, "tekken: config");
  const std::size_t special = config.count("default_num_special_tokens", default_special);
  const Json& vocabulary = file.at("vocab", Json::Kind::array);
  const std::size_t size = config.count("default_vocab_size", vocabulary.size() + special);
  if (size <= special || size > vocabulary.size() + special) {
    config.refuse_value("default_vocab_size", std::to_string(size),
                        fmt::format("{} .. {}", special + 1, vocabulary.size() + special));
  }
  RankData data;
  data.tokens.resize(size);
  for (const Json& item : vocabulary.items()) {
    const Config token(item, "tekken: vocab");
    const std::size_t rank = token.count("rank");
    if (rank + special >= size) continue;  // more tokens than the model has
    data.tokens[rank + special] = base64_decode(token.text("token_bytes"), "tekken: token_bytes");
  }
  read_control(root, special, data);
  const std::string pattern = config.text("pattern");
  data.steps = {{pattern}};
  return make_rank_tokenizer(std::move(data), path);
}

}  // namespace

Tokenizer load_tekken(const std::string& path, const TokenizerOptions& /*options*/) {
  const Json root = Json::parse(MappedFile::open(path)->text(), path);
  try {
    return read(root, path);
  } catch (const Error& e) {  // the parts do not know the file
    if (std::string_view(e.what()).starts_with(path)) throw;
    fail(e.code(), fmt::format("{}: {}", path, e.what()));
  }
}

}  // namespace ondol::text
