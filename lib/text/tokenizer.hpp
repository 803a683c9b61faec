#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/tokenizer.hpp"
#include "text/added_tokens.hpp"
#include "text/pipeline.hpp"
#include "text/special_tokens.hpp"
#include "text/vocabulary.hpp"

namespace ondol {

class WeightSource;

/// A tokenizer of what a model file says; it keeps nothing of `source`.
/// @throws Error no_vocabulary, bad_file, unsupported; see Tokenizer::load.
[[nodiscard]] Tokenizer make_tokenizer(const WeightSource& source, const TokenizerOptions& options = {});

/// Vocabulary, added tokens and pipeline: all a tokenizer is, whatever file it came from. Immutable once made.
class Tokenizer::Impl {
 public:
  struct Parts {
    text::Vocabulary vocabulary;
    text::SpecialTokens special;
    text::AddedTokens added;             ///< looked for in texts as they are
    text::AddedTokens normalized_added;  ///< … in their normal form
    /// Makes the pipeline over the vocabulary's final place in memory.
    std::function<text::Pipeline(const text::Vocabulary&)> make_pipeline;
  };
  explicit Impl(Parts parts);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] std::vector<Token> encode(std::string_view text, std::optional<std::string_view> pair,
                                          const EncodeOptions& options) const;
  [[nodiscard]] Encoding encode_with_offsets(std::string_view text, std::optional<std::string_view> pair,
                                             const EncodeOptions& options) const;
  [[nodiscard]] std::unique_ptr<text::DecodeStream> stream() const { return pipeline_.decoder->stream(); }
  /// The tokens of one text with nothing around them; spans, if tracked, in bytes of it.
  [[nodiscard]] text::TokenList tokens(std::string_view text, const EncodeOptions& options, bool tracked) const;

  [[nodiscard]] const text::Vocabulary& vocabulary() const noexcept { return vocabulary_; }
  [[nodiscard]] const text::SpecialTokens& special() const noexcept { return special_; }
  [[nodiscard]] const text::Pipeline& pipeline() const noexcept { return pipeline_; }
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  void check(Token id) const;
  [[nodiscard]] bool is_special(Token id) const noexcept;

 private:
  void encode_segment(const text::Piece& segment, const EncodeOptions& options, text::TokenList& out) const;
  void encode_normal(const text::Piece& piece, text::TokenList& out) const;
  void split(std::size_t step, const text::Piece& piece, text::TokenList& out) const;

  text::Vocabulary vocabulary_;
  text::SpecialTokens special_;
  text::AddedTokens added_, normalized_added_;
  text::Pipeline pipeline_;
};

}  // namespace ondol
