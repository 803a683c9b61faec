#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// Removes each token that would complete an n-gram which the history has already (Paulus, Xiong & Socher 2017, 2.5).
/// n >= 1; 1 = no token twice. `last_n` tokens are looked at, 0 = prompt and output.
struct NoRepeatNgram {
  static constexpr std::string_view name = "no_repeat_ngram";
  std::size_t n = 3;
  std::size_t last_n = 0;

  bool operator==(const NoRepeatNgram&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, n); }
  void check(std::size_t) const { detail::require(n >= 1, name, n, "at least 1"); }
  void apply(Candidates& c, const History& history) const {
    check(c.vocabulary());
    c.remove(banned(history));
  }

  /// What would be removed, in order of occurrence.
  [[nodiscard]] std::vector<Token> banned(const History& history) const {
    std::vector<Token> ids;
    const auto tokens = history.last(last_n);
    if (tokens.size() < n) return ids;
    const auto prefix = tokens.last(n - 1);
    for (std::size_t i = 0; i + n <= tokens.size(); ++i) {
      if (std::equal(prefix.begin(), prefix.end(), tokens.begin() + static_cast<std::ptrdiff_t>(i))) {
        ids.push_back(tokens[i + n - 1]);
      }
    }
    return ids;
  }
};

}  // namespace ondol
