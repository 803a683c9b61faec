#include "text/decode/sentence_piece.hpp"

namespace ondol::text {
namespace {

constexpr std::string_view blank = "\xE2\x96\x81";  // U+2581

}  // namespace

class SentencePieceDecoder::Stream final : public DecodeStream {
 public:
  explicit Stream(const SentencePieceDecoder& decoder) : decoder_(decoder) {}
  void push(Token id, std::string& out) override {
    const std::size_t before = out.size();
    decoder_.append(id, out);
    if (!at_start_ || out.size() == before) return;
    const TokenType type = decoder_.vocabulary_.type(id);
    // The library looks at pieces alone, Hugging Face's decoders at the text.
    const bool counts = decoder_.unknown_surface_.empty() || type == TokenType::normal || type == TokenType::unused;
    const bool strips = counts && decoder_.first_space_ != FirstSpace::stays && out[before] == ' ';
    if (strips) out.erase(before, 1);
    at_start_ = strips && decoder_.first_space_ == FirstSpace::all_go && out.size() == before;
  }
  void finish(std::string& /*out*/) override { at_start_ = true; }

 private:
  const SentencePieceDecoder& decoder_;
  bool at_start_ = true;
};

std::unique_ptr<DecodeStream> SentencePieceDecoder::stream() const { return std::make_unique<Stream>(*this); }

void SentencePieceDecoder::append(Token id, std::string& out) const {
  const std::string_view text = vocabulary_.text(id);
  switch (vocabulary_.type(id)) {
    case TokenType::byte:
      if (const auto byte = byte_of(text))
        out += char(*byte);
      else
        out += text;
      return;
    case TokenType::unknown: out += unknown_surface_.empty() ? text : unknown_surface_; return;
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
