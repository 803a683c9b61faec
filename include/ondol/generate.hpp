#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ondol/export.hpp"
#include "ondol/model.hpp"
#include "ondol/sampler.hpp"

namespace ondol {

struct GenerateOptions {
  /// Steps in the order they are applied; greedy when empty.
  Sampler sampler{};
  /// Most tokens to generate; 0 = up to the end of the context.
  std::size_t max_tokens = 0;
  /// No end token and no stop before this many tokens: until then end tokens and `stop_ids` cannot be chosen (as
  /// transformers' min_new_tokens), and a stop string that is complete is passed on as text.
  std::size_t min_tokens = 0;
  /// Texts that end the reply; matched on bytes across token borders, in control tokens too. The reply ends before
  /// them: of several the first to be complete counts, then the longest. Nothing of them is ever given out, and nothing
  /// else is held back longer than it could become one.
  std::vector<std::string> stop{};
  /// Tokens that end the reply, besides those the model file names. Like these they are no part of its text.
  std::vector<Token> stop_ids{};
  /// The first token that is chosen, and the last one at the full length; nothing = as an encoder-decoder's files say,
  /// negative = none.
  std::optional<Token> forced_bos{};
  std::optional<Token> forced_eos{};
  /// Go on past end tokens, which may be chosen like all others.
  bool ignore_eos = false;
  /// Keep the stop string in the text (it always stays in the cache).
  bool include_stop = false;
  /// Record the log-probability of each chosen token and of this many most likely ones; nothing = none.
  /// Log-probabilities are those of the model, before any sampler step.
  std::optional<std::size_t> logprobs{};
  /// Leave control tokens out of the text.
  bool skip_special = true;
  std::stop_token cancel{};
  std::shared_ptr<Progress> prefill_progress{};
};

enum class Finish : std::int32_t { none, eos, stop, length, cancelled };
[[nodiscard]] ONDOL_API const char* finish_name(Finish finish) noexcept;

/// A token and how likely the model found it; `bytes`, for half a Korean syllable is no text.
struct Candidate {
  Token id = 0;
  float logprob = 0;
  std::string bytes;
};

struct ChosenToken : Candidate {
  float entropy = 0;           ///< of the model's distribution at this step, in nats; with logprobs only
  std::vector<Candidate> top;  ///< most likely first; with logprobs only
};

/// What one step of a generation gives.
struct Piece {
  std::string text;                 ///< whole UTF-8 sequences, possibly empty
  std::vector<ChosenToken> tokens;  ///< the tokens chosen since the last piece (one, or none in the last piece)
};

/// Where the time went. Loading is not part of it; template and tokenisation are.
struct Timings {
  std::size_t prompt_tokens = 0;   ///< tokens before the reply, those in the cache included
  std::size_t cached_tokens = 0;   ///< of these, taken from the cache
  std::size_t dropped_tokens = 0;  ///< left out of a chat by its policy
  std::size_t generated_tokens = 0;
  double prefill_seconds = 0;
  double first_piece_seconds = 0;  ///< from the call to the first token
  double decode_seconds = 0;       ///< from the first token to the last
  [[nodiscard]] double prompt_tokens_per_second() const noexcept {
    return prefill_seconds > 0 ? double(prompt_tokens - cached_tokens) / prefill_seconds : 0;
  }
  [[nodiscard]] double generated_tokens_per_second() const noexcept {
    return decode_seconds > 0 && generated_tokens > 1 ? double(generated_tokens - 1) / decode_seconds : 0;
  }
  [[nodiscard]] double mean_gap_seconds() const noexcept {
    return generated_tokens > 1 ? decode_seconds / double(generated_tokens - 1) : 0;
  }
  [[nodiscard]] double total_seconds() const noexcept { return first_piece_seconds + decode_seconds; }
};

/// All of a reply.
struct Result {
  std::string text;                 ///< decode(ids) without the tokens that ended it, up to a stop string
  std::vector<Token> ids;           ///< generated, an end token included
  std::vector<ChosenToken> tokens;  ///< parallel to ids; log-probabilities with `logprobs` only
  Finish finish = Finish::none;
  std::string stop;        ///< with Finish::stop: the stop string found, or empty for a stop id
  std::uint64_t seed = 0;  ///< the seed used
  float score = 0;         ///< of a beam search: log-probability divided by length^length_penalty
  Timings timings;
};

/// A prompt: ids as they are, or text that is encoded with start tokens as the file says. For an encoder-decoder the
/// source, text with end tokens too; what it writes starts with a token that its files name.
using Prompt = std::variant<std::string, std::vector<Token>>;

/// A running generation, pulled piece by piece: `for (const Piece& piece : model_generate) ...`.
/// One thread at a time; any thread may request the stop of `cancel`.
class ONDOL_API Generation {
 public:
  /// The next piece, or nothing when the reply has ended (also when cancelled: see result().finish).
  /// @throws Error as Model::forward, and numeric.
  [[nodiscard]] std::optional<Piece> next();
  /// What there is so far; complete once next() gave nothing.
  [[nodiscard]] const Result& result() const noexcept;
  /// The sequence so far: the prompt and all generated tokens but the last.
  [[nodiscard]] KVCache& cache() noexcept;
  /// Tokens of the sequence that are not in the cache: the last one generated, and what a cancelled prefill left.
  [[nodiscard]] std::vector<Token> pending() const;
  /// Appends tokens of the host (a tool's result) to a reply that has ended, and makes next() give a new one behind
  /// them, with counts, text and result() anew: only pending() and these tokens are computed. Text gets no start token;
  /// a stop string or end token that was generated stays in front of it.
  /// @throws Error invalid_argument: the reply has not ended, or belongs to a Chat; as generate().
  void append(const Prompt& more);
  /// Runs to the end.
  Result finish();

  class iterator {
   public:
    using value_type = Piece;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(Generation* generation) : generation_(generation) { ++*this; }
    const Piece& operator*() const { return *piece_; }
    const Piece* operator->() const { return &*piece_; }
    iterator& operator++() {
      piece_ = generation_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !piece_; }

   private:
    Generation* generation_ = nullptr;
    std::optional<Piece> piece_;
  };
  [[nodiscard]] iterator begin() { return iterator(this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  Generation(Generation&&) noexcept;
  Generation& operator=(Generation&&) noexcept;
  ~Generation();

  struct Impl;
  explicit Generation(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

/// Continues `prompt` in a fresh cache, or in `cache` (moved in or forked by the caller), whose positions stand before
/// the prompt: then only the prompt's tokens are computed, and a text prompt gets no start token if the cache is not
/// empty. The prompt is computed at the first next(). Penalties see the prompt and the output, not what stood in
/// `cache`. Best of n from one prefill: compute all of the prompt but its last token once, then for each seed
/// generate(model, prefilled.fork(), std::vector{last}, options).finish().
/// @throws Error invalid_argument: an empty prompt, options out of range; no_vocabulary: text or stop strings without a
///         tokenizer; context_full: no room for a token behind the prompt, with both counts.
[[nodiscard]] ONDOL_API Generation generate(const Model& model, const Prompt& prompt,
                                            const GenerateOptions& options = {});
[[nodiscard]] ONDOL_API Generation generate(const Model& model, KVCache cache, const Prompt& prompt,
                                            const GenerateOptions& options = {});

/// Continues several prompts together, one pass over the weights a step; each result is what generate() alone gives.
/// With one seed in the options, sequence i uses seed + i.
[[nodiscard]] ONDOL_API std::vector<Result> generate_batch(const Model& model, std::span<const Prompt> prompts,
                                                           const GenerateOptions& options = {});

/// Log-likelihood of a text.
struct Score {
  std::vector<Token> ids;  ///< of the text, or of the continuation
  std::vector<float> nll;  ///< negative log-likelihood of each token after the first, or of each, in nats
  [[nodiscard]] double sum() const noexcept;         ///< of the log-likelihoods, <= 0
  [[nodiscard]] double perplexity() const noexcept;  ///< exp(mean nll); 1 without values
};

/// Scores each token of `text` given all before it: ids.size() - 1 values. Log-softmax in float32, summed in double.
/// @throws Error invalid_argument: empty; context_full; no_vocabulary.
[[nodiscard]] ONDOL_API Score score(const Model& model, const Prompt& text, const std::stop_token& stop = {});
/// Scores `continuation` after `prompt`, tokenised apart (the continuation without start tokens): one value for
/// each of the continuation's tokens.
[[nodiscard]] ONDOL_API Score score(const Model& model, const Prompt& prompt, const Prompt& continuation,
                                    const std::stop_token& stop = {});

/// What a chat does when its messages do not fit in the context.
enum class WhenFull : std::int32_t {
  error,        ///< context_full
  drop_oldest,  ///< leave out the oldest turns, never the system message nor the last user message
};

struct ChatOptions {
  GenerateOptions generate{};
  WhenFull when_full = WhenFull::error;
  /// Positions kept free for the reply when `when_full` decides what fits; 0 = one for error, the lesser of max_tokens
  /// and a quarter of the context for drop_oldest.
  std::size_t reserve = 0;
  /// For the template: tools, documents, variables, now, limits. Its start and end tokens are the tokenizer's.
  RenderOptions render{};
};

/// A conversation: messages, and a cache that is kept between turns so that only what is new is computed.
/// One thread at a time. While one of its replies runs, all but cache() and messages() is an Error busy.
class ONDOL_API Chat {
 public:
  /// @throws Error no_chat_template, no_vocabulary.
  explicit Chat(Model model);
  /// With another template than the file's, or for a file without one. Replies also end at the template's stop().
  /// @throws Error no_vocabulary.
  Chat(Model model, ChatTemplate chat_template);

  /// Appends a message in the OpenAI form as JSON ({"role": "user", "content": "..."}).
  /// @throws Error invalid_argument: malformed; names the key.
  void add(std::string_view message);
  /// Appends {"role": role, "content": content}.
  void add(std::string_view role, std::string_view content);
  /// Forgets all messages.
  void clear();
  /// Takes back the last user message and all after it. Nothing if there is none.
  void undo();
  /// All messages as a JSON array.
  [[nodiscard]] std::string messages() const;

  /// Renders the messages and generates the assistant's reply, which is appended when the generation ends, is cancelled
  /// or is destroyed, if it has a token. Messages that were left out stay in messages().
  /// @throws Error template_error; context_full, with counts; as generate().
  [[nodiscard]] Generation reply(const ChatOptions& options = {});
  /// add("user", text), reply, to the end.
  Result send(std::string_view text, const ChatOptions& options = {});

  [[nodiscard]] const KVCache& cache() const noexcept;
  /// Writes messages and cache to one file that load() of the same model continues bit for bit.
  void save(std::string_view path) const;
  /// Replaces this chat by a saved one; unchanged if it throws.
  void load(std::string_view path);

  Chat(Chat&&) noexcept;
  Chat& operator=(Chat&&) noexcept;
  ~Chat();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  ///< a running reply keeps it alive
};

}  // namespace ondol
