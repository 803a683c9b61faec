#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "generate/reply.hpp"
#include "ondol/generate.hpp"

namespace ondol {

/// A reply with the model and the cache that it runs on.
struct Generation::Impl {
  /// @param before positions of the cache that stand before the prompt; what it has beyond them is the prompt's start.
  Impl(Model model, std::shared_ptr<KVCache> cache, std::size_t before, std::vector<Token> prompt,
       const GenerateOptions& options, Timer::Clock::time_point start);
  ~Impl();

  std::optional<Piece> next();
  [[nodiscard]] std::span<const Token> pending() const;

  Model model;
  std::shared_ptr<KVCache> cache;
  std::stop_token cancel;
  std::shared_ptr<Progress> prefill_progress;
  Reply reply;
  /// Called once when the reply ends, or at the end of its life.
  std::function<void(const Impl&)> on_end;
  bool of_chat = false;

 private:
  [[nodiscard]] Piece end(Finish finish);
  void ended();

  std::vector<StepOutput> outputs_;  ///< of the last step; its memory is used again
  bool computed_ = false;            ///< no token was chosen from them yet
};

}  // namespace ondol
