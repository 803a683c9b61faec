#include "text/models/byte_level_bpe.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>

#include "text/decode/byte_level.hpp"

namespace ondol::text {
namespace {

constexpr std::size_t on_stack = 128;  // symbols of a piece that need no allocation

}  // namespace

ByteLevelBpe::ByteLevelBpe(const Vocabulary& vocabulary, Merges merges, bool ignore_merges)
    : vocabulary_(vocabulary),
      merges_(std::move(merges)),
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

bool ByteLevelBpe::has_all_bytes() const noexcept {
  return std::all_of(std::begin(bytes_), std::end(bytes_), [](Token id) { return id >= 0; });
}

void ByteLevelBpe::encode(std::string_view piece, TokenList& out) const {
  const Token id = whole(piece);
  if (id >= 0 && (ignore_merges_ || whole_tokens_.get(id) == WholeTokens::yes)) return out.put(id, 0, piece.size());
  Token stack[on_stack];
  std::vector<Token> heap;
  if (piece.size() > on_stack) heap.resize(piece.size());
  Token* const symbols = piece.size() > on_stack ? heap.data() : stack;
  std::size_t n = 0;
  for (const char c : piece) {
    symbols[n] = bytes_[static_cast<unsigned char>(c)];
    n += symbols[n] >= 0;
  }
  const std::size_t before = out.ids.size();
  std::vector<std::uint32_t> starts;
  merges_.apply({symbols, n}, out.ids, out.tracked() ? &starts : nullptr);
  whole_tokens_.learn(id, std::span(out.ids).subspan(before));
  for (std::size_t i = 0; i < starts.size(); ++i) {
    out.spans.push_back({starts[i], i + 1 < starts.size() ? starts[i + 1] : std::uint32_t(n)});
  }
}

}  // namespace ondol::text
