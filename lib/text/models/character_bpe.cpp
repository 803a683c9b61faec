#include "text/models/character_bpe.hpp"

#include <algorithm>
#include <iterator>

#include "base/utf8.hpp"

namespace ondol::text {

CharacterBpe::CharacterBpe(const Vocabulary& vocabulary, std::span<const std::string_view> merges, Token unknown)
    : vocabulary_(vocabulary),
      merges_(vocabulary, merges),
      whole_tokens_(vocabulary.size()),
      bytes_(vocabulary.byte_tokens()),
      unknown_(unknown) {
  for (const std::string_view rule : merges) {
    const std::size_t blank = rule.find(' ', 1);
    if (blank + 1 == rule.size()) continue;
    pairs_.add(last_character(rule.substr(0, blank)), first_character(rule.substr(blank + 1)));
  }
  pairs_.build();
}

void CharacterBpe::encode_part(std::string_view text, std::span<Token> symbols, std::vector<Token>& out) const {
  const Token id = symbols.size() == 1 ? symbols[0] : vocabulary_.find(text);
  if (symbols.size() == 1 || (id >= 0 && whole_tokens_.get(id) == WholeTokens::yes)) return out.push_back(id);
  const std::size_t before = out.size();
  merges_.apply(symbols, out);
  whole_tokens_.learn(id, std::span(out).subspan(before));
}

void CharacterBpe::encode(std::string_view piece, std::vector<Token>& out) const {
  std::vector<Token> symbols;  // of the part that starts at `begin`
  std::size_t begin = 0;
  char32_t last = 0;
  bool in_unknown = false;
  const auto flush = [&](std::size_t end) {
    if (!symbols.empty()) encode_part(piece.substr(begin, end - begin), symbols, out);
    symbols.clear();
    begin = end;
  };
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t valid = utf8_length(piece.substr(at));
    const std::size_t length = std::max<std::size_t>(valid, 1);
    const std::string_view character = piece.substr(at, length);
    Token id = valid == 0 ? -1 : vocabulary_.find(character);
    if (id >= 0 && vocabulary_.type(id) != TokenType::normal) id = -1;
    const char32_t code = first_character(character);
    if (id < 0 || (!symbols.empty() && !pairs_.contains(last, code))) flush(at);
    if (id >= 0) {
      symbols.push_back(id);
      in_unknown = false;
    } else {
      const auto byte = [&](char c) { return bytes_[static_cast<unsigned char>(c)]; };
      const bool has_bytes = std::all_of(character.begin(), character.end(), [&](char c) { return byte(c) >= 0; });
      if (has_bytes) std::transform(character.begin(), character.end(), std::back_inserter(out), byte);
      if (!has_bytes && !in_unknown && unknown_ >= 0) out.push_back(unknown_);
      in_unknown = !has_bytes;
    }
    at += length;
    last = code;
    if (id < 0) begin = at;
  }
  flush(piece.size());
}

}  // namespace ondol::text
