#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// A SentencePiece model run whole by its library: normalisation, spaces and all. Takes text as it is; bytes that are
/// not UTF-8 become U+FFFD there.
class SentencePieceLibrary final : public TokenModel {
 public:
  /// @param model  a serialized ModelProto
  /// @throws Error bad_file: the library refuses it.
  explicit SentencePieceLibrary(std::string_view model);
  ~SentencePieceLibrary() override;
  void encode(std::string_view text, TokenList& out) const override;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] const std::string& text(Token id) const;
  [[nodiscard]] TokenType type(Token id) const;
  /// Ids of roles; -1: there is none.
  [[nodiscard]] Token bos() const;
  [[nodiscard]] Token eos() const;
  [[nodiscard]] Token unknown() const;
  [[nodiscard]] Token padding() const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
};

}  // namespace ondol::text
