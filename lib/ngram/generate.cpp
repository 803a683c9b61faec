#include <fmt/format.h>

#include <random>

#include "base/fail.hpp"
#include "ngram/parts.hpp"

namespace ondol {
namespace {

std::uint64_t seed_of(const Sampler& sampler) {
  if (sampler.seed) return *sampler.seed;
  std::random_device random;
  const std::uint64_t high = random();
  return high << 32 | random();
}

}  // namespace

NGramText NGram::generate(std::string_view prompt, const NGramGenerateOptions& options) const {
  options.sampler.check(vocabulary());
  NGramText result{.text = {}, .ids = {}, .ended = false, .seed = seed_of(options.sampler)};
  NGramState state = start();
  std::vector<Token> tokens = encode(prompt);
  for (const Token id : tokens) state = advance(state, id);
  std::vector<float> logits(vocabulary());
  Candidates candidates;
  const Token unwanted = unknown();
  while (result.ids.size() < options.max_tokens && !result.ended) {
    if (options.cancel.stop_requested()) {
      fail(Status::cancelled, fmt::format("cancelled after {} words", result.ids.size()));
    }
    log_probabilities(state, logits);
    candidates.assign(logits);
    if (!options.allow_unknown) candidates.remove({&unwanted, 1});
    const Token id = options.sampler.sample(candidates, {tokens}, result.seed, tokens.size());
    tokens.push_back(id);
    result.ids.push_back(id);
    result.ended = id == eos();
    state = advance(state, id);
  }
  result.text = decode(result.ids);
  return result;
}

}  // namespace ondol
