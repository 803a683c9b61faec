#pragma once

#include <memory>
#include <string>

#include "text/decode/tokenwise.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// Tokens are the text they stand for; byte tokens ("<0x0A>", of type byte) a byte. The vocabulary must outlive it.
class BytesDecoder final : public Decoder {
 public:
  explicit BytesDecoder(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  [[nodiscard]] std::unique_ptr<DecodeStream> stream() const override {
    return std::make_unique<TokenwiseStream>(*this);
  }
  void append(Token id, std::string& out) const override {
    const std::string_view text = vocabulary_.text(id);
    const auto byte = vocabulary_.type(id) == TokenType::byte ? byte_of(text) : std::nullopt;
    byte ? void(out += char(*byte)) : void(out += text);
  }

 private:
  const Vocabulary& vocabulary_;
};

}  // namespace ondol::text
