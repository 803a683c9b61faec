#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

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
  void set(Token id, bool whole) const noexcept {
    state_[std::size_t(id)].store(whole ? yes : no, std::memory_order_relaxed);
  }

 private:
  std::unique_ptr<std::atomic<std::uint8_t>[]> state_;
};

}  // namespace ondol::text
