#include "text/models/word_piece.hpp"

#include <fmt/format.h>

#include "base/fail.hpp"
#include "text/characters.hpp"

namespace ondol::text {
namespace {

void put_unknown(std::string_view word, Token unknown, TokenList& out) {
  if (unknown >= 0) return out.put(unknown, 0, word.size());
  fail(Status::unsupported, fmt::format("'{}' has no token, and the vocabulary no unknown token", word));
}

bool is_token(const Vocabulary& vocabulary, Token id) {
  return id >= 0 && vocabulary.type(id) != TokenType::control && vocabulary.type(id) != TokenType::user_defined;
}

}  // namespace

void WordPiece::encode(std::string_view word, TokenList& out) const {
  std::vector<std::size_t> ends;  // of the characters
  for (std::size_t at = 0; at < word.size();) ends.push_back(at += next_character(word.substr(at)).size);
  if (ends.size() > options_.max_characters) return put_unknown(word, options_.unknown, out);
  TokenList tokens(true);
  std::string spelled;
  for (std::size_t begin = 0, character = 0; begin < word.size();) {
    const std::string_view prefix = begin == 0 ? std::string_view() : std::string_view(options_.continuing_prefix);
    spelled.assign(prefix).append(word.substr(begin));
    std::size_t last = ends.size();
    Token id = -1;
    for (; last > character; --last) {
      spelled.resize(prefix.size() + ends[last - 1] - begin);
      if (is_token(vocabulary_, id = vocabulary_.find(spelled))) break;
    }
    if (last == character) return put_unknown(word, options_.unknown, out);
    tokens.put(id, begin, ends[last - 1]);
    begin = ends[last - 1];
    character = last;
  }
  for (std::size_t i = 0; i < tokens.ids.size(); ++i)
    out.put(tokens.ids[i], tokens.spans[i].begin, tokens.spans[i].end);
}

void WordLevel::encode(std::string_view word, TokenList& out) const {
  const Token id = vocabulary_.find(word);
  is_token(vocabulary_, id) ? out.put(id, 0, word.size()) : put_unknown(word, unknown_, out);
}

}  // namespace ondol::text
