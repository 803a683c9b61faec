#include "generate/timer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace {

using namespace std::chrono_literals;
using ondol::Timer;

ondol::Timings timings_of(const std::vector<std::chrono::milliseconds>& pieces) {
  const Timer::Clock::time_point start{};
  Timer timer(start);
  for (const auto piece : pieces) timer.token(start + piece);
  return timer.timings();
}

}  // namespace

TEST_CASE("timer: first chunk, gaps, rate and total (T35)") {
  const ondol::Timings t = timings_of({180ms, 205ms, 231ms, 254ms, 280ms});
  CHECK(t.first_piece_seconds == doctest::Approx(0.180));
  CHECK(t.mean_gap_seconds() == doctest::Approx(0.025));
  CHECK(t.decode_seconds == doctest::Approx(0.100));
  CHECK(t.generated_tokens_per_second() == doctest::Approx(40.0));
  CHECK(t.total_seconds() == doctest::Approx(0.280));
  CHECK(t.generated_tokens == 5);
}

TEST_CASE("timer: the median first chunk of several runs (T35)") {
  std::vector<double> first;
  for (const auto run : {180ms, 220ms, 170ms, 410ms, 190ms}) first.push_back(timings_of({run}).first_piece_seconds);
  std::nth_element(first.begin(), first.begin() + 2, first.end());
  CHECK(first[2] == doctest::Approx(0.19));
}

TEST_CASE("timer: with one token or none there is no rate") {
  CHECK(timings_of({}).generated_tokens_per_second() == 0);
  CHECK(timings_of({5ms}).generated_tokens_per_second() == 0);
  CHECK(timings_of({5ms}).mean_gap_seconds() == 0);
}

TEST_CASE("timer: the prompt's rate counts only what was computed") {
  Timer timer({});
  timer.prefilled(500ms);
  ondol::Timings t = timer.timings();
  t.prompt_tokens = 150;
  t.cached_tokens = 50;
  CHECK(t.prompt_tokens_per_second() == doctest::Approx(200));
}
