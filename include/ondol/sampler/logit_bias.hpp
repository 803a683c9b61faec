#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// logit + bias for each token named (OpenAI API reference, "logit_bias"). A bias is a finite number, or -inf, which
/// removes the token; several for one token add up.
struct LogitBias {
  static constexpr std::string_view name = "logit_bias";
  std::vector<std::pair<Token, float>> biases;

  bool operator==(const LogitBias&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, biases.size()); }
  void check(std::size_t vocabulary) const {
    for (const auto& [id, bias] : biases) {
      detail::require_token(id, vocabulary, name);
      detail::require(bias < std::numeric_limits<float>::infinity(), name, bias, "a number below infinity");
    }
  }
  void apply(Candidates& c, const History&) const {
    check(c.vocabulary());
    c.add(biases);
  }
};

}  // namespace ondol
