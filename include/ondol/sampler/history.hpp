#pragma once

#include <cstddef>
#include <span>

#include "ondol/tokenizer.hpp"

namespace ondol {

/// What stands before the token that is chosen: ids of the prompt and of the output so far.
struct History {
  std::span<const Token> tokens{};

  /// The last `n` of them; all for 0.
  [[nodiscard]] std::span<const Token> last(std::size_t n) const noexcept {
    return n == 0 || n >= tokens.size() ? tokens : tokens.last(n);
  }
};

}  // namespace ondol
