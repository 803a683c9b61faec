#include <fmt/format.h>

#include "text/decode/bytes.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/models/greedy.hpp"

namespace ondol::text {
namespace {

/// RWKV's tokens are bytes, spelled with \n, \t, \r, \xNN and \ before what stands for itself.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char what = text[++i];
    const auto byte =
        what == 'x' && i + 2 < text.size() ? byte_of(fmt::format("<0x{}>", text.substr(i + 1, 2))) : std::nullopt;
    if (byte) i += 2;
    out += byte ? char(*byte) : what == 'n' ? '\n' : what == 't' ? '\t' : what == 'r' ? '\r' : what;
  }
  return out;
}

}  // namespace

Tokenizer make_rwkv(const VocabularyFile& file) {
  std::vector<std::string> bytes;
  std::vector<TokenType> types = file.types(false);
  for (std::size_t i = 0; i < file.tokens.size(); ++i) {
    const bool added = types[i] == TokenType::control || types[i] == TokenType::user_defined;
    bytes.push_back(added ? std::string(file.tokens[i]) : unescaped(file.tokens[i]));
  }
  const Strings views(bytes.begin(), bytes.end());
  return finish(file, Vocabulary(views, std::move(types)), {}, [&](const Vocabulary& v, const SpecialTokens& special) {
    std::vector<Trie::Entry> entries;
    for (std::size_t i = v.size(); i-- > 0;) {  // of two with one spelling the first counts
      const TokenType type = v.type(Token(i));
      if (type == TokenType::control || type == TokenType::unknown) continue;
      entries.push_back({v.text(Token(i)), std::int32_t(i)});
    }
    Pipeline p;
    p.model = std::make_unique<Greedy>(Trie(std::move(entries)), special.unknown.value_or(-1));
    p.decoder = std::make_unique<BytesDecoder>(v);
    return p;
  });
}

}  // namespace ondol::text
