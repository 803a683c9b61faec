// Forward passes for a profiler: forward_pass FILE THREADS PROMPT TOKENS SECONDS
//   TOKENS = 0: the prompt again and again; else the prompt once, and TOKENS tokens behind it again and again.
// tests/bench/forward_pass.py makes a table of where the time goes.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "ondol/model.hpp"

int main(int count, char** arguments) {
  if (count != 6) {
    std::fprintf(stderr, "forward_pass FILE THREADS PROMPT TOKENS SECONDS\n");
    return 2;
  }
  const int threads = std::atoi(arguments[2]), prompt = std::atoi(arguments[3]), tokens = std::atoi(arguments[4]);
  const double seconds = std::atof(arguments[5]);
  ondol::LoadOptions options;
  options.runtime = ondol::Runtime({.threads = threads});
  const auto model = ondol::Model::load(arguments[1], options);
  std::vector<ondol::Token> ids;
  for (int i = 0; i < prompt; ++i) ids.push_back(static_cast<ondol::Token>(7 * i % 1000));
  using Clock = std::chrono::steady_clock;
  std::vector<ondol::StepOutput> outputs;
  double spent = 0;
  long passes = 0;
  auto cache = model.new_cache();
  const auto pass = [&](std::span<const ondol::Token> of) {
    const ondol::Step step{cache, of};
    const auto begin = Clock::now();
    model.forward({&step, 1}, outputs);
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  if (tokens > 0) pass(ids);
  for (; spent < seconds; cache.truncate(tokens > 0 ? ids.size() : 0)) {
    if (tokens == 0) spent += pass(ids), ++passes;
    for (int i = 0; i < tokens; ++i) spent += pass({ids.data() + i % prompt, 1}), ++passes;
  }
  std::printf("%.9f\n", spent / static_cast<double>(passes));
}
