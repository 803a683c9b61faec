#include "text/models/byte_level_bpe.hpp"

#include <string>

#include "text/decode/byte_level.hpp"

namespace ondol::text {
namespace {

constexpr std::size_t on_stack = 128;  // symbols of a piece that need no allocation

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
Token ByteLevelBpe::whole(std::string_view piece) const {
  if (piece.size() > vocabulary_.longest()) return -1;
  char stack[2 * on_stack];
  std::string heap;
  if (piece.size() > on_stack) heap.resize(2 * piece.size());
  char* const spelled = piece.size() > on_stack ? heap.data() : stack;
  std::size_t n = 0;
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
  const std::size_t before = out.size();
  merges_.apply({symbols, n}, out);
  whole_tokens_.learn(id, std::span(out).subspan(before));
}

}  // namespace ondol::text
