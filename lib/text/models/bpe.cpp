#include "text/models/bpe.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "text/characters.hpp"

namespace ondol::text {

/// Symbols that are waiting to be merged.
struct Bpe::Word {
  std::vector<Token> symbols;
  std::vector<std::uint32_t> sizes;  // in bytes of the piece
  std::vector<std::uint32_t> starts;
  std::size_t offset = 0;   // of the first symbol; bytes that were left out do not count
  std::size_t unknown = 0;  // bytes of an unknown token that is not put yet
  bool plain = true;        // every symbol is its character

  void put(Token id, std::size_t size) {
    symbols.push_back(id);
    sizes.push_back(std::uint32_t(size));
  }
};

CharacterPairs pairs_of(std::span<const Merges::Text> rules) {
  CharacterPairs pairs;
  for (const auto& [left, right] : rules) {
    if (!left.empty() && !right.empty()) pairs.add(last_character(left), first_character(right));
  }
  pairs.build();
  return pairs;
}

Token Bpe::token_of(std::string_view character, bool first, bool last, std::string& spelled) const {
  if ((first || options_.prefix.empty()) && (!last || options_.suffix.empty())) {
    return vocabulary_.find(character);
  }
  spelled.assign(first ? std::string_view() : std::string_view(options_.prefix));
  spelled += character;
  if (last) spelled += options_.suffix;
  return vocabulary_.find(spelled);
}

bool Bpe::put_bytes(std::string_view spelled, Word& word) const {
  if (options_.bytes.empty()) return false;
  const auto token = [&](char c) { return options_.bytes[static_cast<unsigned char>(c)]; };
  if (!std::all_of(spelled.begin(), spelled.end(), [&](char c) { return token(c) >= 0; })) return false;
  for (const char c : spelled) word.put(token(c), 1);
  word.plain = false;
  return true;
}

void Bpe::put_unknown(std::size_t size, Word& word) const {
  word.plain = false;
  if (options_.unknown < 0) return;
  if (word.unknown != 0 && !options_.fuse_unknown) {
    word.put(options_.unknown, word.unknown);
    word.unknown = 0;
  }
  word.unknown += size;
}

void Bpe::finish(Word& word, std::string_view text, TokenList& out) const {
  if (word.unknown != 0) word.put(options_.unknown, word.unknown);
  word.unknown = 0;
  const bool whole = word.plain && word.symbols.size() > 1 && options_.prefix.empty() && options_.suffix.empty();
  const Token id = whole ? vocabulary_.find(text) : -1;
  if (word.symbols.size() == 1) {
    out.put(word.symbols[0], word.offset, word.offset + word.sizes[0]);
  } else if (id >= 0 && whole_tokens_.get(id) == WholeTokens::yes) {
    out.put(id, word.offset, word.offset + text.size());
  } else {
    const std::size_t before = out.ids.size();
    word.starts.clear();
    merges_.apply(word.symbols, out.ids, out.tracked() ? &word.starts : nullptr);
    whole_tokens_.learn(id, std::span(out.ids).subspan(before));
    for (std::size_t i = 0, symbol = 0, end = word.offset; i < word.starts.size(); ++i) {
      const std::size_t begin = end, next = i + 1 < word.starts.size() ? word.starts[i + 1] : word.sizes.size();
      while (symbol < next) end += word.sizes[symbol++];
      out.spans.push_back({std::uint32_t(begin), std::uint32_t(end)});
    }
  }
  for (const std::uint32_t size : word.sizes) word.offset += size;
  word.symbols.clear();
  word.sizes.clear();
  word.plain = true;
}

void Bpe::encode(std::string_view piece, TokenList& out) const {
  if (options_.ignore_merges) {
    const Token id = vocabulary_.find(piece);
    if (id >= 0 && vocabulary_.type(id) == TokenType::normal) return out.put(id, 0, piece.size());
  }
  Word word;
  std::string spelled;
  char32_t last = 0;  // character of the last symbol: those left out are as if they had not been there
  std::size_t begin = 0;
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t valid = utf8_length(piece.substr(at));
    const std::size_t size = std::max<std::size_t>(valid, 1);
    const std::string_view character = piece.substr(at, size);
    const char32_t code = first_character(character);
    spelled.assign(character);
    Token id = valid == 0 ? -1 : token_of(character, at == 0, at + size == piece.size(), spelled);
    if (id >= 0 && vocabulary_.type(id) != TokenType::normal) id = -1;
    if (id >= 0) {
      const bool joins = word.symbols.empty() || word.unknown != 0 || pairs_.empty() || pairs_.contains(last, code);
      if (!joins) {
        finish(word, piece.substr(begin, at - begin), out);
        begin = at;
      }
      if (word.unknown != 0) word.put(options_.unknown, word.unknown);
      word.unknown = 0;
      word.put(id, size);
      last = code;
    } else if (put_bytes(spelled, word)) {
      last = code;
    } else {
      put_unknown(size, word);
    }
    at += size;
  }
  finish(word, piece.substr(begin), out);
}

}  // namespace ondol::text
