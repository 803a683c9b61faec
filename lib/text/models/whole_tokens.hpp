#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "ondol/tokenizer.hpp"

namespace ondol::text {

/// Which pieces are one token after all merges, learnt as they are met: most words of a text are, and need no merging.
class WholeTokens {
 public:
  explicit WholeTokens(std::size_t tokens) : state_(new std::atomic<std::uint8_t>[tokens]()) {}
  enum State : std::uint8_t { unknown, yes, no };
  [[nodiscard]] State get(Token id) const noexcept {
    return State(state_[std::size_t(id)].load(std::memory_order_relaxed));
  }
  /// `result` is what a piece spelled like `id` became; -1: there is no such token.
  void learn(Token id, std::span<const Token> result) const noexcept {
    const bool whole = result.size() == 1 && result[0] == id;
    if (id >= 0) state_[std::size_t(id)].store(whole ? yes : no, std::memory_order_relaxed);
  }

 private:
  std::unique_ptr<std::atomic<std::uint8_t>[]> state_;
};

}  // namespace ondol::text
