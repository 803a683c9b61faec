#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// Keeps the `k` most likely tokens (Fan, Lewis & Dauphin 2018); 0 keeps all. Of equal logits the lower id is kept.
struct TopK {
  static constexpr std::string_view name = "top_k";
  std::size_t k = 0;

  bool operator==(const TopK&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, k); }
  void check(std::size_t) const {}
  void apply(Candidates& c, const History&) const {
    check(c.vocabulary());
    if (k > 0) c.keep(k);
  }
};

}  // namespace ondol
