#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ondol/sampler/banned_tokens.hpp"
#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/frequency_penalty.hpp"
#include "ondol/sampler/greedy.hpp"
#include "ondol/sampler/history.hpp"
#include "ondol/sampler/logit_bias.hpp"
#include "ondol/sampler/min_p.hpp"
#include "ondol/sampler/no_repeat_ngram.hpp"
#include "ondol/sampler/philox.hpp"
#include "ondol/sampler/presence_penalty.hpp"
#include "ondol/sampler/repetition_penalty.hpp"
#include "ondol/sampler/temperature.hpp"
#include "ondol/sampler/top_k.hpp"
#include "ondol/sampler/top_p.hpp"
#include "ondol/sampler/typical.hpp"

namespace ondol {

/// One step of a sampler: a value with `name`, text() for people, check(vocabulary) of its parameters and
/// apply(candidates, history), which checks first. A new step is one header and one entry here.
using SamplerStep = std::variant<Temperature, TopK, TopP, MinP, Typical, RepetitionPenalty, FrequencyPenalty,
                                 PresencePenalty, NoRepeatNgram, LogitBias, BannedTokens, Greedy>;

[[nodiscard]] inline std::string to_string(const SamplerStep& step) {
  return std::visit([](const auto& s) { return s.text(); }, step);
}

/// How the next token is chosen: steps in the order they are applied, then one draw from what they leave. No steps:
/// greedy. `Sampler{{Temperature{0.7f}, TopK{40}}, 42}`
struct Sampler {
  std::vector<SamplerStep> steps{};
  /// The draw depends on the seed and the position in the sequence only. Without one, a generation takes a fresh one
  /// and reports it.
  std::optional<std::uint64_t> seed{};

  bool operator==(const Sampler&) const = default;

  /// @throws Error invalid_argument: a parameter out of range or a token outside of the vocabulary, by name.
  void check(std::size_t vocabulary) const {
    for (const SamplerStep& step : steps) std::visit([&](const auto& s) { s.check(vocabulary); }, step);
  }
  /// Runs the steps; what is left is the distribution that is drawn from.
  void apply(Candidates& candidates, const History& history) const {
    for (const SamplerStep& step : steps) std::visit([&](const auto& s) { s.apply(candidates, history); }, step);
    if (steps.empty()) candidates.keep(1);
  }
  /// The token for `position` of the sequence. @throws Error as check(), and numeric: nothing is left.
  [[nodiscard]] Token sample(Candidates& candidates, const History& history, std::uint64_t seed,
                             std::uint64_t position) const {
    apply(candidates, history);
    return candidates.draw(uniform(seed, position));
  }
};

/// "temperature 0.7, top_k 40"; "greedy" without steps.
[[nodiscard]] inline std::string to_string(const Sampler& sampler) {
  if (sampler.steps.empty()) return to_string(SamplerStep(Greedy{}));
  std::string text;
  for (const SamplerStep& step : sampler.steps) text += (text.empty() ? "" : ", ") + to_string(step);
  return text;
}

/// The customary settings; sampler() makes the chain of them in the customary order: bias, bans, penalties,
/// temperature, top-k, typical, top-p, min-p. What stands at its default makes no step.
struct SamplerSettings {
  float temperature = 0.0f;  ///< 0 = greedy
  std::size_t top_k = 0;
  float top_p = 1.0f;
  float min_p = 0.0f;
  float typical_p = 1.0f;
  float repetition_penalty = 1.0f;
  float frequency_penalty = 0.0f;
  float presence_penalty = 0.0f;
  std::size_t penalty_last_n = 0;  ///< tokens that the penalties look at; 0 = prompt and output
  std::size_t no_repeat_ngram = 0;
  std::vector<std::pair<Token, float>> logit_bias{};
  std::vector<Token> banned_tokens{};
  std::optional<std::uint64_t> seed{};

  [[nodiscard]] Sampler sampler() const {
    Sampler result{.steps = {}, .seed = seed};
    const auto add = [&](bool wanted, SamplerStep step) {
      if (wanted) result.steps.push_back(std::move(step));
    };
    add(!logit_bias.empty(), LogitBias{logit_bias});
    add(!banned_tokens.empty(), BannedTokens{banned_tokens});
    add(repetition_penalty != 1, RepetitionPenalty{repetition_penalty, penalty_last_n});
    add(frequency_penalty != 0, FrequencyPenalty{frequency_penalty, penalty_last_n});
    add(presence_penalty != 0, PresencePenalty{presence_penalty, penalty_last_n});
    add(no_repeat_ngram != 0, NoRepeatNgram{no_repeat_ngram});
    // Greedy settings keep the other steps too: their parameters are still checked.
    add(true, Temperature{temperature});
    add(top_k != 0, TopK{top_k});
    add(typical_p != 1, Typical{typical_p});
    add(top_p != 1, TopP{top_p});
    add(min_p != 0, MinP{min_p});
    return result;
  }
};

}  // namespace ondol
