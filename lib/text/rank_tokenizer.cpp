#include "text/rank_tokenizer.hpp"

#include <fmt/format.h>

#include "base/fail.hpp"
#include "text/decode/byte_level.hpp"
#include "text/folder_config.hpp"
#include "text/models/byte_level_bpe.hpp"
#include "text/tokenizer.hpp"

namespace ondol::text {
namespace {

std::string spelled(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const ByteSpelling& s = spelling_of(static_cast<unsigned char>(c));
    out.append(s.text, s.size);
  }
  return out;
}

/// Every way in which two tokens join to a third; its id is the rank.
Merges merges_of(const Vocabulary& vocabulary, std::size_t tokens) {
  std::vector<Merges::Rule> rules;
  std::vector<std::string_view> parts;
  std::vector<Token> ids;
  for (std::size_t i = 0; i < tokens; ++i) {
    const std::string_view text = vocabulary.text(Token(i));
    if (vocabulary.type(Token(i)) != TokenType::normal) continue;
    parts.clear();
    for (std::size_t at = 1; at < text.size(); ++at) {
      if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;  // inside a spelled byte
      parts.push_back(text.substr(0, at));
      parts.push_back(text.substr(at));
    }
    ids.resize(parts.size());
    vocabulary.find_all(parts, ids);
    for (std::size_t k = 0; k < ids.size(); k += 2) {
      const bool both = ids[k] >= 0 && ids[k + 1] >= 0 && vocabulary.type(ids[k]) == TokenType::normal &&
                        vocabulary.type(ids[k + 1]) == TokenType::normal;
      if (both) rules.push_back({ids[k], ids[k + 1], Token(i), std::uint32_t(i)});
    }
  }
  return Merges(rules);
}

}  // namespace

Tokenizer make_rank_tokenizer(RankData data, const std::string& path) {
  std::vector<std::string> spellings;
  std::vector<TokenType> types;
  for (const std::string& token : data.tokens) {
    spellings.push_back(spelled(token));
    types.push_back(token.empty() ? TokenType::unused : TokenType::normal);
  }
  const std::size_t ranks = spellings.size();
  std::vector<AddedToken> added;
  for (const auto& [text, id] : data.control) {
    if (id < 0 || std::size_t(id) > ranks + (1u << 20)) {
      fail(Status::bad_file, fmt::format("{}: token '{}' has the id {}", path, text, id));
    }
    if (std::size_t(id) >= spellings.size()) {
      spellings.resize(std::size_t(id) + 1);
      types.resize(std::size_t(id) + 1, TokenType::unused);
    }
    if (types[std::size_t(id)] != TokenType::unused) {
      fail(Status::bad_file,
           fmt::format("{}: tokens '{}' and '{}' both have the id {}", path, spellings[std::size_t(id)], text, id));
    }
    spellings[std::size_t(id)] = text;
    types[std::size_t(id)] = TokenType::control;
    added.push_back({.text = text, .id = id, .control = true});
  }
  const std::vector<std::string_view> views(spellings.begin(), spellings.end());
  Vocabulary vocabulary(views, std::move(types));
  read_roles(RoleFiles::beside(path), vocabulary, data.special);
  return Tokenizer(std::make_shared<Tokenizer::Impl>(Tokenizer::Impl::Parts{
      .vocabulary = std::move(vocabulary),
      .special = data.special,
      .added = AddedTokens(std::move(added)),
      .normalized_added = {},
      .make_pipeline =
          [&](const Vocabulary& v) {
            Pipeline p;
            p.pre_tokenizers = make_pre_tokenizers(data.steps);
            p.model = std::make_unique<ByteLevelBpe>(v, merges_of(v, ranks), true);
            p.decoder = std::make_unique<ByteLevelDecoder>(v);
            p.post_processor = around(data.special);
            return p;
          },
  }));
}

}  // namespace ondol::text
