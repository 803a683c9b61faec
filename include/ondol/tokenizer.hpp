#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/export.hpp"

namespace ondol {

/// A token id: an index into the vocabulary, 0 .. size() - 1.
using Token = std::int32_t;

/// Bytes [begin, end) of a text.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const TextRange&) const = default;
};

struct TokenizerOptions {
  /// Name of the pre-tokenizer to use instead of the file's (`tokenizer.ggml.pre`): for files that name
  /// none, or one this version does not know. Empty = as the file says.
  std::string pre_tokenizer;
};

struct EncodeOptions {
  /// Add the start and end tokens that the file asks for.
  bool add_special = true;
  /// Read control tokens ("<|im_end|>") in the text as such. Off: they are plain text.
  bool parse_special = false;
  /// With parse_special: byte ranges of the text, ascending and disjoint, in which control tokens are plain text
  /// all the same (what users wrote, inside a rendered prompt).
  std::span<const TextRange> plain{};
};

struct DecodeOptions {
  /// Leave out control tokens.
  bool skip_special = false;
};

class Detokenizer;

/// Text to token ids and back. Immutable; a cheap handle to shared state; any thread may use it.
class ONDOL_API Tokenizer {
 public:
  /// Reads the vocabulary of a GGUF file.
  /// @throws Error not_found, io, bad_file; no_vocabulary: the file has none; unsupported: a tokenizer model or
  ///         pre-tokenizer that is not known, by name.
  [[nodiscard]] static Tokenizer load(std::string_view path, const TokenizerOptions& options = {});

  /// Ids of `text`. Bytes that are not UTF-8 are kept where the vocabulary has bytes, else become the unknown
  /// token, or nothing in byte-level vocabularies. Time is at most n log n in the text.
  /// @throws Error invalid_argument: `plain` ranges out of order or outside of the text; unsupported: over 2^31 ids.
  [[nodiscard]] std::vector<Token> encode(std::string_view text, const EncodeOptions& options = {}) const;

  /// Text of `ids`: valid UTF-8, a sequence that is cut or wrong becomes U+FFFD.
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  [[nodiscard]] std::string decode(std::span<const Token> ids, const DecodeOptions& options = {}) const;

  /// The bytes `ids` stand for, as they are: may end inside a character.
  [[nodiscard]] std::string decode_bytes(std::span<const Token> ids, const DecodeOptions& options = {}) const;

  /// The bytes that one token adds to a text; control tokens give their name.
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  [[nodiscard]] std::string token_bytes(Token id) const;
  /// The token as the vocabulary spells it ("Ġcat", "▁cat", "<0x0A>").
  [[nodiscard]] std::string_view token_text(Token id) const;
  /// Id of the token that the vocabulary spells like this.
  [[nodiscard]] std::optional<Token> find(std::string_view token_text) const;

  [[nodiscard]] std::size_t size() const noexcept;
  /// Whether a token is a control token, never plain text.
  [[nodiscard]] bool is_special(Token id) const;
  /// Whether a token ends a reply: the file's end token and its kin (end of turn, end of text).
  [[nodiscard]] bool is_end(Token id) const;
  [[nodiscard]] std::optional<Token> bos() const noexcept;
  [[nodiscard]] std::optional<Token> eos() const noexcept;
  [[nodiscard]] std::optional<Token> unknown() const noexcept;
  [[nodiscard]] std::optional<Token> padding() const noexcept;
  /// Whether encode() with add_special puts bos() in front / eos() behind.
  [[nodiscard]] bool adds_bos() const noexcept;
  [[nodiscard]] bool adds_eos() const noexcept;

  class Impl;
  explicit Tokenizer(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  friend class Detokenizer;
  std::shared_ptr<const Impl> impl_;
};

/// Streaming decode: takes tokens one at a time and gives text in whole UTF-8 sequences only.
/// The joined pieces and the last flush equal decode() of all ids. One thread at a time.
class ONDOL_API Detokenizer {
 public:
  explicit Detokenizer(Tokenizer tokenizer, const DecodeOptions& options = {});

  /// The text that `id` completes, possibly empty.
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  std::string add(Token id);
  /// What is still held back, as U+FFFD where it is not whole; the stream is then as new.
  std::string flush();
  /// Bytes held back because they do not end a character.
  [[nodiscard]] std::string_view pending() const noexcept { return pending_; }

 private:
  Tokenizer tokenizer_;
  DecodeOptions options_;
  std::string pending_;
  bool at_start_ = true;
};

}  // namespace ondol
