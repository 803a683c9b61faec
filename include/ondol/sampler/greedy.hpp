#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// Keeps the token with the largest logit; of equals the one with the lowest id.
struct Greedy {
  static constexpr std::string_view name = "greedy";

  bool operator==(const Greedy&) const = default;
  [[nodiscard]] std::string text() const { return std::string(name); }
  void check(std::size_t) const {}
  void apply(Candidates& c, const History&) const { c.keep(1); }
};

}  // namespace ondol
