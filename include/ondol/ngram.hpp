#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ondol/export.hpp"
#include "ondol/runtime.hpp"
#include "ondol/sampler.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol {

/// What an n-gram model counts as a word.
enum class NGramUnit : std::uint8_t {
  words,       ///< what stands between ASCII whitespace (and NUL), byte for byte
  characters,  ///< code points, such as Korean syllables; whitespace is "▁" (U+2581), what is no UTF-8 U+FFFD
  bytes        ///< "<0x00>" .. "<0xFF>"
};
[[nodiscard]] ONDOL_API const char* ngram_unit_name(NGramUnit unit) noexcept;

struct NGramLoadOptions {
  Runtime runtime = Runtime::shared();  ///< whose memory cap counts; nothing is computed on its threads
  /// log10 of the probability of unknown words where the file has no <unk>; -infinity is allowed. KenLM takes -100.
  double unknown_log10 = -100;
  std::stop_token stop{};
  std::shared_ptr<Progress> progress{};  ///< counts bytes of the file
};

/// What an n-gram model remembers of the words so far: where their last 1 .. order - 1 stand in it, if it knows them.
/// A value, of one model: copy it, compare it, keep it. Equal states have equal futures.
class NGramState {
 public:
  static constexpr std::size_t most_words = 9;

  /// Words at the end of the text so far that the model knows as an n-gram, and that are all that counts.
  [[nodiscard]] std::size_t length() const noexcept { return length_; }
  bool operator==(const NGramState&) const = default;

 private:
  friend class NGram;
  std::array<std::uint32_t, most_words> entries_{};  ///< of the last n words among the n-grams; 0 beyond length
  std::uint8_t length_ = 0;
};

/// A word behind a state.
struct NGramStep {
  float log_probability = 0;  ///< natural
  std::uint8_t length = 0;    ///< of the longest n-gram that the model has for it, in words; 0 = an unknown word
  NGramState state;           ///< with the word behind
};

/// Log-likelihood of a text.
struct NGramScore {
  std::vector<Token> ids;             ///< words, then the end of the sentence
  std::vector<float> nll;             ///< negative log-likelihood of each, in nats; infinite for the impossible
  std::vector<std::uint8_t> lengths;  ///< of the n-gram found for each, in words; 0 = an unknown word
  [[nodiscard]] ONDOL_API double sum() const noexcept;         ///< of the log-likelihoods, <= 0
  [[nodiscard]] ONDOL_API double perplexity() const noexcept;  ///< exp(mean nll); 1 without words
};

struct NGramScoreOptions {
  bool begin = true;  ///< the text starts a sentence: behind <s>, if the model has it
  bool end = true;    ///< the sentence ends with the text: </s> is scored too, if the model has it
};

struct NGramGenerateOptions {
  Sampler sampler{};  ///< greedy when empty
  std::size_t max_tokens = 100;
  bool allow_unknown = false;  ///< <unk> may be chosen
  std::stop_token cancel{};
};

/// What a model goes on with.
struct NGramText {
  std::string text;
  std::vector<Token> ids;  ///< </s> included, if it came
  bool ended = false;      ///< by </s>
  std::uint64_t seed = 0;  ///< the seed used
};

/// An n-gram language model with back-off, read from an ARPA file (format: SRILM's ngram-format(5)).
///
/// P(w | h) is that of the longest n-gram of h and w that the model has, times the back-off weights of all longer
/// contexts that it has (Katz 1987). Probabilities are stored to 2^-21 of their log10 at least.
/// Immutable; a cheap handle to shared state; any thread may use it. Ids are the places of the file's unigrams.
class ONDOL_API NGram {
 public:
  /// Reads an ARPA file, plain or gzip. Words without <unk> in the file get the id behind the last.
  /// @throws Error not_found, io; bad_file: the number of the line and what is wrong with it; unsupported: another
  ///         compression, KenLM's binary files, an order over 10; out_of_memory; cancelled; invalid_argument.
  [[nodiscard]] static NGram load(std::string_view path, const NGramLoadOptions& options = {});

  [[nodiscard]] std::size_t order() const noexcept;
  /// Number of words, <s>, </s> and <unk> included.
  [[nodiscard]] std::size_t vocabulary() const noexcept;
  /// Number of n-grams of each order, unigrams first.
  [[nodiscard]] std::vector<std::size_t> counts() const;
  /// Bytes held.
  [[nodiscard]] std::uint64_t memory() const noexcept;
  [[nodiscard]] NGramUnit unit() const noexcept;

  /// @throws Error invalid_argument: an id outside of the vocabulary.
  [[nodiscard]] std::string_view word(Token id) const;
  [[nodiscard]] std::optional<Token> find(std::string_view word) const noexcept;
  [[nodiscard]] std::optional<Token> bos() const noexcept;  ///< <s>
  [[nodiscard]] std::optional<Token> eos() const noexcept;  ///< </s>
  [[nodiscard]] Token unknown() const noexcept;             ///< <unk>

  /// Ids of the words of `text`, without <s> and </s>. Words are looked up as they are written, "<s>" too.
  [[nodiscard]] std::vector<Token> encode(std::string_view text) const;
  /// Text of `ids`: valid UTF-8, but for words that are none in the file; <s> and </s> are left out.
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  [[nodiscard]] std::string decode(std::span<const Token> ids) const;

  /// At the start of a sentence; the empty state if the model has no <s>. NGramState{} is in the middle of nowhere.
  [[nodiscard]] NGramState start() const noexcept;
  /// Behind `ids`, with nothing before them.
  /// @throws Error invalid_argument: an id outside of the vocabulary.
  [[nodiscard]] NGramState state(std::span<const Token> ids) const;
  /// The words that a state stands for, at most order - 1: state(context(s)) == s.
  /// @throws Error mismatch: a state of another model.
  [[nodiscard]] std::vector<Token> context(const NGramState& state) const;
  /// Probability of a word, and the state behind it. At most order - 1 searches.
  /// @throws Error invalid_argument: an id outside of the vocabulary; mismatch: a state of another model.
  [[nodiscard]] NGramStep step(const NGramState& state, Token word) const;
  [[nodiscard]] NGramState advance(const NGramState& state, Token word) const { return step(state, word).state; }
  /// Natural logarithms of the probabilities of all words: logits for a sampler. <s>, which follows nothing, gets
  /// -infinity here; the others sum to 1 if the file is right. Time: vocabulary, plus words known behind the state.
  /// @param out  vocabulary() values.
  /// @throws Error invalid_argument: another size; mismatch: a state of another model.
  void log_probabilities(const NGramState& state, std::span<float> out) const;

  /// Scores each word of `text`, one sentence whatever whitespace it has, and its end.
  [[nodiscard]] NGramScore score(std::string_view text, const NGramScoreOptions& options = {}) const;
  /// Goes on behind `prompt`, the start of a sentence, until </s>. The sampler sees log_probabilities().
  /// @throws Error invalid_argument: sampler parameters out of range; numeric: nothing is possible; cancelled.
  [[nodiscard]] NGramText generate(std::string_view prompt, const NGramGenerateOptions& options = {}) const;

  struct Impl;
  explicit NGram(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace ondol
