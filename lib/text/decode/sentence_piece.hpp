#pragma once

#include <string>

#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// SentencePiece's spelling back to text: "▁" is a space, "<0x0A>" a byte; control and added tokens give their text.
class SentencePieceDecoder final : public Decoder {
 public:
  /// @param strips_first_space  encoding puts a space in front of the text
  SentencePieceDecoder(const Vocabulary& vocabulary, bool strips_first_space)
      : vocabulary_(vocabulary), strips_first_space_(strips_first_space) {}
  [[nodiscard]] std::unique_ptr<DecodeStream> stream() const override;
  void append(Token id, std::string& out) const override;

 private:
  const Vocabulary& vocabulary_;
  bool strips_first_space_;
};

}  // namespace ondol::text
