#include "text/models/sentence_piece_library.hpp"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include "base/fail.hpp"

namespace ondol::text {

struct SentencePieceLibrary::Library {
  sentencepiece::SentencePieceProcessor processor;
};

SentencePieceLibrary::SentencePieceLibrary(std::string_view model) : library_(std::make_unique<Library>()) {
  const auto status = library_->processor.LoadFromSerializedProto(model);
  if (!status.ok()) fail(Status::bad_file, fmt::format("sentencepiece refuses the model: {}", status.message()));
}

SentencePieceLibrary::~SentencePieceLibrary() = default;

void SentencePieceLibrary::encode(std::string_view text, TokenList& out) const {
  if (!out.tracked()) {
    std::vector<int> ids;
    const auto status = library_->processor.Encode(text, &ids);
    if (!status.ok()) fail(Status::internal, fmt::format("sentencepiece: {}", status.message()));
    out.ids.insert(out.ids.end(), ids.begin(), ids.end());
    return;
  }
  const auto pieces = library_->processor.EncodeAsImmutableProto(text);
  for (std::size_t i = 0; i < pieces.pieces_size(); ++i) {
    const auto piece = pieces.pieces(int(i));
    out.put(Token(piece.id()), piece.begin(), piece.end());
  }
}

std::size_t SentencePieceLibrary::size() const { return std::size_t(library_->processor.GetPieceSize()); }
const std::string& SentencePieceLibrary::text(Token id) const { return library_->processor.IdToPiece(id); }

TokenType SentencePieceLibrary::type(Token id) const {
  const auto& p = library_->processor;
  if (p.IsControl(id)) return TokenType::control;
  if (p.IsUnknown(id)) return TokenType::unknown;
  if (p.IsByte(id)) return TokenType::byte;
  return p.IsUnused(id) ? TokenType::unused : TokenType::normal;
}

Token SentencePieceLibrary::bos() const { return library_->processor.bos_id(); }
Token SentencePieceLibrary::eos() const { return library_->processor.eos_id(); }
Token SentencePieceLibrary::unknown() const { return library_->processor.unk_id(); }
Token SentencePieceLibrary::padding() const { return library_->processor.pad_id(); }

}  // namespace ondol::text
