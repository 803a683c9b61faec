#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "runtime/thread_pool.hpp"

namespace ondol {

/// The recurrent state that some rows of a pass read and move on: one layer of one sequence.
struct StateSpan {
  std::size_t first_row;  ///< first of the pass's rows that belong to the sequence
  std::size_t rows;
  const float* before;  ///< where the sequence stands before these rows; zeros at its beginning
  float* after;         ///< where it stands behind them; written, not the same memory
};

/// Calls body(span, begin, end) for pieces of `grain` of [0, total) of every span, on all threads. A piece must not
/// depend on another: pieces are channels or heads, whose recurrences run by themselves.
template <class Body>
void each_piece(std::span<const StateSpan> spans, std::size_t total, std::size_t grain, ThreadPool& pool, Body&& body) {
  const std::size_t pieces = (total + grain - 1) / grain;
  pool.parallel_for(spans.size() * pieces, [&](std::size_t i) {
    const std::size_t begin = i % pieces * grain;
    body(spans[i / pieces], begin, std::min(begin + grain, total));
  });
}

}  // namespace ondol
