#pragma once

#include <iterator>

#include "formats/iq4_levels.hpp"
#include "formats/search/levels.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {

inline constexpr LevelTable<16> iq4_table = [] {
  LevelTable<16> table{};
  for (std::uint8_t i = 0; i < 16; ++i) {
    table.level[i] = iq4_levels[i];
    table.code[i] = i;
  }
  return table;
}();

/// What the quantisers of IQ4_NL and IQ4_XS share: groups of 32, and scales to start from.
using Iq4Grid = LevelGrid<TableLevels<iq4_table>, 32>;
inline constexpr Starts iq4_starts{.first = 0.8f, .step = 0.03f, .count = 13, .negatives = true};

}  // namespace ondol::storage
