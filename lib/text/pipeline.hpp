#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/tokenizer.hpp"
#include "text/aligned_text.hpp"
#include "text/post_processor.hpp"

namespace ondol::text {

/// Changes text before it is split: NFC, a space in front, another blank … Immutable; any thread.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(AlignedText& text) const = 0;
};

/// Takes the pieces of a text in order, none of them empty. Refers to a callable that must outlive it.
class PieceSink {
 public:
  template <class Callable>
  PieceSink(const Callable& take)  // NOLINT(google-explicit-constructor): a call's last argument
      : target_(&take),
        call_([](const void* target, const Piece& piece) { (*static_cast<const Callable*>(target))(piece); }) {}
  void operator()(const Piece& piece) const { call_(target_, piece); }

 private:
  const void* target_;
  void (*call_)(const void*, const Piece&);
};

/// Cuts text into the pieces that the model sees one by one; some change them. Immutable; any thread.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void split(const Piece& piece, const PieceSink& sink) const = 0;
};

/// Tokens and, where offsets are asked for, the bytes of the piece that each of them stands for.
class TokenList {
 public:
  explicit TokenList(bool tracked) : tracked_(tracked) {}

  void put(Token id, std::size_t begin, std::size_t end) {
    ids.push_back(id);
    if (tracked_) spans.push_back({std::uint32_t(begin), std::uint32_t(end)});
  }
  [[nodiscard]] bool tracked() const noexcept { return tracked_; }

  std::vector<Token> ids;
  std::vector<Origin> spans;  ///< as many as ids if tracked; of the piece, then of the original
  struct Surface {
    std::size_t index;
    std::string text;
  };
  std::vector<Surface> surfaces;  ///< if tracked, the text of tokens that are not spelled like it: added, unknown ones

 private:
  bool tracked_;
};

/// Ids of a piece of text, which may hold bytes that are not UTF-8. Immutable; any thread.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  virtual void encode(std::string_view piece, TokenList& out) const = 0;
};

/// Decodes one sequence of tokens, given one by one. One thread.
class DecodeStream {
 public:
  virtual ~DecodeStream() = default;
  /// Appends what the next token gives; some of it may be held back.
  virtual void push(Token id, std::string& out) = 0;
  /// Appends what is held back: the sequence is over. The stream is then as new.
  virtual void finish(std::string& /*out*/) {}
};

/// What tokens add to a text. Immutable; any thread.
class Decoder {
 public:
  virtual ~Decoder() = default;
  [[nodiscard]] virtual std::unique_ptr<DecodeStream> stream() const = 0;
  /// Whether each byte that is no part of a character becomes U+FFFD, rather than each maximal wrong part.
  [[nodiscard]] virtual bool marks_each_byte() const { return false; }
  /// The bytes that a token adds in the middle of a text; a control token's name.
  virtual void append(Token id, std::string& out) const = 0;
};

/// The parts of a tokenizer, whatever file they came from.
struct Pipeline {
  std::vector<std::unique_ptr<Normalizer>> normalizers;       ///< applied in order
  std::vector<std::unique_ptr<PreTokenizer>> pre_tokenizers;  ///< each on the pieces of the one before
  std::unique_ptr<TokenModel> model;
  std::unique_ptr<Decoder> decoder;
  PostProcessor post_processor;
  bool needs_origins = false;  ///< a part asks where its piece begins: origins are tracked always
};

}  // namespace ondol::text
