#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// Removes tokens.
struct BannedTokens {
  static constexpr std::string_view name = "banned_tokens";
  std::vector<Token> ids;

  bool operator==(const BannedTokens&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, ids.size()); }
  void check(std::size_t vocabulary) const {
    for (const Token id : ids) detail::require_token(id, vocabulary, name);
  }
  void apply(Candidates& c, const History&) const {
    check(c.vocabulary());
    c.remove(ids);
  }
};

}  // namespace ondol
