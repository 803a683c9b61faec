#pragma once

#include <chrono>

#include "ondol/generate.hpp"

namespace ondol {

/// Makes the timings of one reply from the moments at which things happened.
class Timer {
 public:
  using Clock = std::chrono::steady_clock;

  /// `start`: when the call came in.
  explicit Timer(Clock::time_point start) : start_(start), last_(start) {}

  void prefilled(Clock::duration took) { timings_.prefill_seconds += seconds(took); }
  void token(Clock::time_point at) {
    if (timings_.generated_tokens++ == 0) {
      timings_.first_piece_seconds = seconds(at - start_);
    } else {
      timings_.decode_seconds += seconds(at - last_);
    }
    last_ = at;
  }
  [[nodiscard]] const Timings& timings() const noexcept { return timings_; }

 private:
  static double seconds(Clock::duration d) { return std::chrono::duration<double>(d).count(); }

  Clock::time_point start_;
  Clock::time_point last_;
  Timings timings_;
};

}  // namespace ondol
