#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
  /// none, or one this version does not know. Empty = as the file says. GGUF and tiktoken ranks only.
  std::string pre_tokenizer{};
  /// Pattern that cuts text into pieces, as a regular expression. Tiktoken ranks only, which do not say.
  std::string pattern{};
  /// Control tokens and their ids. Tiktoken ranks only, which have none.
  std::vector<std::pair<std::string, Token>> special_tokens{};
  /// Whether text becomes lower case and loses its accents. vocab.txt only, where nothing beside it says.
  bool lowercase = true;
};

struct EncodeOptions {
  /// Add the start and end tokens that the file asks for.
  bool add_special = true;
  /// Read control tokens ("<|im_end|>") in the text as such. Off: they are plain text.
  bool parse_special = false;
  /// With parse_special: byte ranges of the text, ascending and disjoint, in which control tokens are plain text
  /// all the same (what users wrote, inside a rendered prompt).
  std::span<const TextRange> plain{};
  /// Cut to the longest and fill up to the common length that the file asks for, if it does.
  bool fit_length = true;
};

/// All that there is to say of an encoded text, or pair of texts. Lists have an entry a token.
struct Encoding {
  std::vector<Token> ids;
  /// Characters (code points) [begin, end) of the text that a token stems from; [0, 0) for tokens that were added.
  std::vector<TextRange> offsets;
  std::vector<std::uint32_t> type_ids;       ///< which of the texts, as the model wants it
  std::vector<std::uint8_t> special_mask;    ///< 1: added around the text
  std::vector<std::uint8_t> attention_mask;  ///< 0: only fills up
  std::vector<Encoding> overflowing;         ///< the windows that were cut off, in order
};

struct DecodeOptions {
  /// Leave out control tokens.
  bool skip_special = false;
};

/// What a streaming decoder never emits a part of.
enum class StreamUnit : std::uint8_t {
  bytes,       ///< nothing is held back; what comes need not be UTF-8
  characters,  ///< valid UTF-8 always
  graphemes    ///< what a reader takes for one: emoji with joiners, Hangul with its jamo (UAX #29), up to 4 KiB
};

class Detokenizer;

/// Text to token ids and back. Immutable; a cheap handle to shared state; any thread may use it.
class ONDOL_API Tokenizer {
 public:
  /// Reads a tokenizer: a GGUF file's vocabulary, tokenizer.json, tekken.json, a SentencePiece model, tiktoken ranks,
  /// vocab.json with merges.txt beside it, vocab.txt (BERT), or a folder with one of these and what goes with it
  /// (tokenizer_config.json, generation_config.json).
  /// @throws Error not_found, io, bad_file; no_vocabulary: the file has none; unsupported: a part that is not known, by
  ///         name; invalid_argument: an option that does not go with the file.
  [[nodiscard]] static Tokenizer load(std::string_view path, const TokenizerOptions& options = {});

  /// Ids of `text`, or of a pair of texts as the file joins them. Bytes that are not UTF-8 are kept where the
  /// vocabulary has bytes, else become the unknown token, or nothing in byte-level vocabularies. Time is at
  /// most n log n in the text.
  /// @throws Error invalid_argument: `plain` ranges out of order or outside of the text; unsupported: over 2^31 ids.
  [[nodiscard]] std::vector<Token> encode(std::string_view text, const EncodeOptions& options = {}) const;
  [[nodiscard]] std::vector<Token> encode(std::string_view text, std::string_view pair,
                                          const EncodeOptions& options = {}) const;
  /// The same with offsets and masks; several times the work. `plain` ranges are of the first text.
  [[nodiscard]] Encoding encode_with_offsets(std::string_view text, std::optional<std::string_view> pair = {},
                                             const EncodeOptions& options = {}) const;
  /// Encodings of one length, if the file asks for padding to the longest.
  [[nodiscard]] std::vector<Encoding> encode_batch(std::span<const std::string_view> texts,
                                                   const EncodeOptions& options = {}) const;

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

/// Streaming decode: takes tokens one at a time and gives text in whole units only.
/// The joined pieces and the last flush equal decode() of all ids (decode_bytes(), where the unit is bytes). A token
/// that nothing but the end of the text completes is held back until flush(). One thread at a time.
class ONDOL_API Detokenizer {
 public:
  explicit Detokenizer(Tokenizer tokenizer, const DecodeOptions& options = {},
                       StreamUnit unit = StreamUnit::characters);
  ~Detokenizer();
  Detokenizer(Detokenizer&&) noexcept;
  Detokenizer& operator=(Detokenizer&&) noexcept;

  /// The text that `id` completes, possibly empty.
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  std::string add(Token id);
  /// What is still held back, as U+FFFD where it is not whole; the stream is then as new.
  std::string flush();
  /// Bytes held back because they do not end a unit.
  [[nodiscard]] std::string_view pending() const noexcept { return pending_; }

 private:
  struct Stream;
  Tokenizer tokenizer_;
  DecodeOptions options_;
  StreamUnit unit_;
  std::unique_ptr<Stream> stream_;
  std::string pending_;
};

}  // namespace ondol
