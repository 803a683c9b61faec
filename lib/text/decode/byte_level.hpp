#pragma once

#include <string>
#include <string_view>

#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// The spelling of bytes in byte-level vocabularies: bytes that print are their own Latin-1 character, the others
/// U+0100 and up in order (GPT-2, `bytes_to_unicode`). At most two bytes of UTF-8 a byte.
struct ByteSpelling {
  char text[2];
  unsigned char size;
};
[[nodiscard]] const ByteSpelling& spelling_of(unsigned char byte) noexcept;

/// Appends the bytes that a byte-level spelling stands for; the text itself where a character is no byte's.
void append_unspelled(std::string_view spelled, std::string& out);

/// Byte-level tokens back to bytes; control, user-defined and unknown tokens give their text.
class ByteLevelDecoder final : public Decoder {
 public:
  explicit ByteLevelDecoder(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  [[nodiscard]] std::unique_ptr<DecodeStream> stream() const override;
  void append(Token id, std::string& out) const override;

 private:
  const Vocabulary& vocabulary_;
};

}  // namespace ondol::text
