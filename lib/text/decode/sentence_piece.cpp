#include "text/decode/sentence_piece.hpp"

#include "text/decode/tokenwise.hpp"

namespace ondol::text {
namespace {

constexpr std::string_view blank = "\xE2\x96\x81";  // U+2581

}  // namespace

std::unique_ptr<DecodeStream> SentencePieceDecoder::stream() const {
  using enum TokenwiseStream::FirstSpace;
  return std::make_unique<TokenwiseStream>(*this, strips_first_space_ ? goes : stays);
}

void SentencePieceDecoder::append(Token id, std::string& out) const {
  const std::string_view text = vocabulary_.text(id);
  switch (vocabulary_.type(id)) {
    case TokenType::byte:
      if (const auto byte = byte_of(text))
        out += char(*byte);
      else
        out += text;
      return;
    case TokenType::normal:
    case TokenType::unused: break;
    default: out += text; return;
  }
  std::size_t done = 0;
  for (std::size_t at = text.find(blank); at != text.npos; at = text.find(blank, done)) {
    out += text.substr(done, at - done);
    out += ' ';
    done = at + blank.size();
  }
  out += text.substr(done);
}

}  // namespace ondol::text
