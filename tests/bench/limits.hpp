#pragma once

#include <span>

namespace ondol::bench {

/// A stream of multiply-accumulates with nothing to load: what the arithmetic units can do at most.
struct Peak {
  const char* isa;         ///< as ONDOL_ISA names it, or the feature that an instruction set is extended with
  const char* arithmetic;  ///< operands and instructions
  bool integer;
  double (*body)(int rounds);  ///< runs, and returns how many multiply-accumulates it did
};

/// Those that this CPU can run.
[[nodiscard]] std::span<const Peak> peaks();

/// 10^9 multiply-accumulates a second on `threads` threads: the fastest of some runs.
[[nodiscard]] double rate(const Peak& peak, int threads);

/// 10^9 bytes a second that `threads` threads read from `bytes` of memory, each its own part, in one
/// stream or several: the fastest of some runs.
[[nodiscard]] double read_bandwidth(int threads, std::size_t bytes);

}  // namespace ondol::bench
