#include "text/bpe.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "text/byte_level.hpp"

namespace ondol::text {
namespace {

constexpr std::size_t on_stack = 128;  // symbols of a piece that need no allocation

/// Merges `symbols`, which spell the token `id` (-1: none), or takes the token where that is known to be the result.
void merge_piece(const Merges& merges, const WholeTokens& known, Token id, std::span<Token> symbols,
                 std::vector<Token>& out) {
  const std::size_t before = out.size();
  merges.apply(symbols, out);
  if (id >= 0) known.set(id, out.size() == before + 1 && out.back() == id);
}

}  // namespace

ByteLevelBpe::ByteLevelBpe(const Vocabulary& vocabulary, std::span<const std::string_view> merges, bool ignore_merges)
    : vocabulary_(vocabulary),
      merges_(vocabulary, merges),
      whole_tokens_(vocabulary.size()),
      ignore_merges_(ignore_merges) {
  for (unsigned b = 0; b < 256; ++b) {
    const ByteSpelling& spelling = spelling_of(static_cast<unsigned char>(b));
    bytes_[b] = vocabulary.find({spelling.text, spelling.size});
    if (bytes_[b] >= 0 && vocabulary.type(bytes_[b]) != TokenType::normal) bytes_[b] = -1;  // "ÿ" added as a text
  }
}

/// The token spelled like the piece, but for control and added tokens: -1 if there is none.
Token ByteLevelBpe::whole(std::string_view piece) const noexcept {
  char spelled[2 * on_stack];
  std::size_t n = 0;
  if (piece.size() > on_stack || piece.size() > vocabulary_.longest()) return -1;
  for (const char c : piece) {
    const ByteSpelling& spelling = spelling_of(static_cast<unsigned char>(c));
    spelled[n] = spelling.text[0];
    spelled[n + 1] = spelling.text[1];
    n += spelling.size;
  }
  const Token id = vocabulary_.find({spelled, n});
  return id >= 0 && vocabulary_.type(id) == TokenType::normal ? id : -1;
}

void ByteLevelBpe::encode(std::string_view piece, std::vector<Token>& out) const {
  const Token id = whole(piece);
  if (id >= 0 && (ignore_merges_ || whole_tokens_.get(id) == WholeTokens::yes)) return out.push_back(id);
  Token stack[on_stack];
  std::vector<Token> heap;
  if (piece.size() > on_stack) heap.resize(piece.size());
  Token* const symbols = piece.size() > on_stack ? heap.data() : stack;
  std::size_t n = 0;
  for (const char c : piece) {
    symbols[n] = bytes_[static_cast<unsigned char>(c)];
    n += symbols[n] >= 0;
  }
  merge_piece(merges_, whole_tokens_, id, {symbols, n}, out);
}

CharacterBpe::CharacterBpe(const Vocabulary& vocabulary, std::span<const std::string_view> merges, Token unknown)
    : vocabulary_(vocabulary),
      merges_(vocabulary, merges),
      whole_tokens_(vocabulary.size()),
      bytes_(vocabulary.byte_tokens()),
      unknown_(unknown) {
  for (const std::string_view rule : merges) {
    const std::size_t blank = rule.find(' ', 1);
    if (blank + 1 < rule.size())
      pairs_.add(last_character(rule.substr(0, blank)), first_character(rule.substr(blank + 1)));
  }
  pairs_.build();
}

void CharacterBpe::encode_part(std::string_view text, std::span<Token> symbols, std::vector<Token>& out) const {
  const Token id = symbols.size() == 1 ? symbols[0] : vocabulary_.find(text);
  if (symbols.size() == 1 || (id >= 0 && whole_tokens_.get(id) == WholeTokens::yes)) return out.push_back(id);
  merge_piece(merges_, whole_tokens_, id, symbols, out);
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
      const bool has_bytes = std::all_of(character.begin(), character.end(),
                                         [&](char c) { return bytes_[static_cast<unsigned char>(c)] >= 0; });
      for (std::size_t i = 0; has_bytes && i < length; ++i)
        out.push_back(bytes_[static_cast<unsigned char>(character[i])]);
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
