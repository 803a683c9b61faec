// Time to choose one token from a large vocabulary.
//   sampling [vocabulary=262144]
// One thread; microseconds a token, from the logits to the id, for two shapes of logits: "flat" ones, normally
// distributed, of which thousands are likely, and "peaked" ones, of which some hundred stand out as in a text.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "ondol/sampler.hpp"
#include "timing.hpp"

using namespace ondol;

namespace {

std::vector<float> flat(std::size_t size) {
  std::vector<float> logits(size);
  for (std::size_t i = 0; i < size; ++i) {  // Box & Muller 1958
    const double a = uniform(1, 2 * i), b = uniform(1, 2 * i + 1);
    logits[i] = static_cast<float>(3 * std::sqrt(-2 * std::log(1 - a)) * std::cos(6.283185307179586 * b));
  }
  return logits;
}

std::vector<float> peaked(std::size_t size) {
  std::vector<float> logits = flat(size);
  for (std::uint64_t i = 0; i < 200; ++i) {
    logits[static_cast<std::size_t>(uniform(2, 2 * i) * static_cast<double>(size))] +=
        static_cast<float>(10 - 4 * std::log(1 - uniform(2, 2 * i + 1)));
  }
  return logits;
}

}  // namespace

int main(int count, char** arguments) {
  std::size_t size = 262144;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument.starts_with("vocabulary=")) {
      size = std::strtoul(argument.c_str() + 11, nullptr, 10);
    } else {
      std::fprintf(stderr, "unknown argument %s\n", arguments[i]);
      return 2;
    }
  }
  const std::vector<SamplerStep> chains[] = {
      {Greedy{}},
      {Temperature{0.8f}},
      {Temperature{0.8f}, TopK{40}, TopP{0.95f}},
      {Temperature{0.8f}, TopP{0.95f}},
      {Temperature{0.8f}, MinP{0.05f}},
      {Temperature{0.8f}, Typical{0.95f}},
  };
  std::printf("%zu logits, microseconds a token%24s %8s\n", size, "flat", "peaked");
  const std::vector<float> logits[] = {flat(size), peaked(size)};
  for (const auto& steps : chains) {
    const Sampler sampler{steps, 0};
    std::printf("%-55s", to_string(sampler).c_str());
    for (const std::vector<float>& each : logits) {
      Candidates candidates;
      std::uint64_t position = 0;
      const double time = bench::fastest([&] {
        candidates.assign(each);
        static_cast<void>(sampler.sample(candidates, {}, 0, position++));
      });
      std::printf(" %8.0f", time * 1e6);
    }
    std::printf("\n");
  }
}
