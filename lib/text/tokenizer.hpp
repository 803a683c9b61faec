#pragma once

#include <memory>
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
  /// Makes the pipeline over the vocabulary's final place in memory.
  using MakePipeline = std::function<text::Pipeline(const text::Vocabulary&)>;
  Impl(text::Vocabulary vocabulary, text::SpecialTokens special, const MakePipeline& make)
      : vocabulary_(std::move(vocabulary)),
        special_(std::move(special)),
        added_(vocabulary_),
        pipeline_(make(vocabulary_)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] std::vector<Token> encode(std::string_view text, const EncodeOptions& options) const;
  /// Appends the bytes of a token. `at_start`: nothing but left-out tokens came before; updated.
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  void decode(Token id, const DecodeOptions& options, bool& at_start, std::string& out) const;

  [[nodiscard]] const text::Vocabulary& vocabulary() const noexcept { return vocabulary_; }
  [[nodiscard]] const text::SpecialTokens& special() const noexcept { return special_; }
  [[nodiscard]] const text::Decoder& decoder() const noexcept { return *pipeline_.decoder; }
  [[nodiscard]] text::AddedTokens& added() noexcept { return added_; }
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  void check(Token id) const;
  [[nodiscard]] bool is_special(Token id) const noexcept;

 private:
  void encode_segment(std::string_view text, std::vector<Token>& out) const;

  text::Vocabulary vocabulary_;
  text::SpecialTokens special_;
  text::AddedTokens added_;
  text::Pipeline pipeline_;
};

}  // namespace ondol
