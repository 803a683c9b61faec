#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "generate/reply_text.hpp"
#include "generate/timer.hpp"
#include "kernels/elementwise.hpp"
#include "ondol/generate.hpp"

namespace ondol {

/// What a reply needs to know of its model.
struct ReplyModel {
  std::optional<Tokenizer> tokenizer{};
  const ElementwiseKernels* elementwise = nullptr;
  std::vector<Token> ends{};  ///< without a tokenizer: what the files say that ends a text

  [[nodiscard]] bool is_end(Token id) const;
  [[nodiscard]] std::vector<Token> end_ids() const;
  [[nodiscard]] static ReplyModel of(const Model& model);
};

/// One sequence on its way: its tokens, and what to do with each row of logits. Knows no model and no cache.
class Reply {
 public:
  /// Positions around the tokens: `before` stand in the cache already, `context` is the end.
  struct Room {
    std::size_t before = 0;
    std::size_t context = 0;
  };

  /// @throws Error as ReplyText.
  Reply(ReplyModel model, std::vector<Token> prompt, Room room, const GenerateOptions& options, std::uint64_t seed,
        Timer::Clock::time_point start);

  /// Chooses the next token from the logits behind the last one. The reply must not have ended.
  /// @throws Error numeric; then nothing has changed.
  [[nodiscard]] Piece choose(std::span<const float> logits);
  /// Ends the reply without a token; gives the text that was held back.
  [[nodiscard]] Piece end(Finish finish);
  /// Appends tokens of the host to a reply that has ended, and starts a new one behind them. `computed` positions are
  /// in the cache.
  void resume(std::span<const Token> tokens, std::size_t computed, Timer::Clock::time_point start);

  [[nodiscard]] bool ended() const noexcept { return result_.finish != Finish::none; }
  /// The prompt and all that was generated and appended.
  [[nodiscard]] const std::vector<Token>& tokens() const noexcept { return tokens_; }
  [[nodiscard]] const Room& room() const noexcept { return room_; }
  [[nodiscard]] const Result& result() const noexcept { return result_; }
  [[nodiscard]] Result& result() noexcept { return result_; }
  [[nodiscard]] Timer& timer() noexcept { return timer_; }

 private:
  [[nodiscard]] Token sample(std::span<const float> logits);
  [[nodiscard]] ChosenToken describe(Token id, std::span<const float> logits);
  [[nodiscard]] Finish finish_after(Token id, const ReplyText::Added& added) const;
  [[nodiscard]] bool is_stop(Token id) const;
  [[nodiscard]] std::optional<Token> forced() const;
  void take_timings();

  ReplyModel model_;
  GenerateOptions options_;
  Room room_;
  std::vector<Token> tokens_;
  std::vector<Token> masked_;  ///< not to be chosen before min_tokens
  ReplyText text_;
  Candidates candidates_;
  Candidates ranking_;
  Timer timer_;
  Result result_;
};

/// The seed of the options, or a fresh one.
[[nodiscard]] std::uint64_t seed_of(const GenerateOptions& options);

}  // namespace ondol
