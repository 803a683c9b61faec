#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/tokenizer.hpp"

namespace ondol::text {

/// Changes text before it is split: NFC, a space in front, another blank … Immutable; any thread.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  /// Writes the normal form of `text` to `out` and says true, or says false if it is `text` itself.
  virtual bool apply(std::string_view text, std::string& out) const = 0;
};

/// Takes the pieces of a text in order; they are views of it.
using PieceSink = std::function<void(std::string_view)>;

/// Cuts text into the pieces that the model sees one by one; together they are the text. Immutable; any thread.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void split(std::string_view text, const PieceSink& sink) const = 0;
};

/// Ids of a piece of text, which may hold bytes that are not UTF-8. Immutable; any thread.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  virtual void encode(std::string_view piece, std::vector<Token>& out) const = 0;
};

/// What a token adds to a text. Immutable; any thread.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual void append(Token id, std::string& out) const = 0;
  /// Whether the first space of a text is not part of it.
  [[nodiscard]] virtual bool strips_first_space() const { return false; }
};

/// The parts of a tokenizer, whatever file they came from.
struct Pipeline {
  std::vector<std::unique_ptr<Normalizer>> normalizers;  ///< applied in order
  std::unique_ptr<PreTokenizer> pre_tokenizer;           ///< none: the whole text is one piece
  std::unique_ptr<TokenModel> model;
  std::unique_ptr<Decoder> decoder;
};

}  // namespace ondol::text
