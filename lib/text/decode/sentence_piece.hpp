#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// SentencePiece's spelling back to text: "▁" is a space, "<0x0A>" a byte; control and added tokens give their text.
class SentencePieceDecoder final : public Decoder {
 public:
  /// What becomes of the space that a text's first token begins with.
  enum class FirstSpace : std::uint8_t {
    stays,
    goes,   ///< encoding put it there
    all_go  ///< of every token until there is some text, too
  };
  /// @param unknown_surface  what the unknown token gives; empty: its text
  SentencePieceDecoder(const Vocabulary& vocabulary, FirstSpace first_space, std::string unknown_surface = {})
      : vocabulary_(vocabulary), first_space_(first_space), unknown_surface_(std::move(unknown_surface)) {}
  [[nodiscard]] std::unique_ptr<DecodeStream> stream() const override;
  void append(Token id, std::string& out) const override;

 private:
  class Stream;
  const Vocabulary& vocabulary_;
  FirstSpace first_space_;
  std::string unknown_surface_;
};

}  // namespace ondol::text
