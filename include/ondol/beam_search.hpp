#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ondol/export.hpp"
#include "ondol/generate.hpp"

namespace ondol {

/// When a beam search ends before its full length.
enum class EarlyStopping : std::int32_t {
  heuristic,  ///< when no running beam of its present length could still replace a finished one
  at_once,    ///< when there are as many finished hypotheses as beams
  never       ///< when no running beam of any length could still replace a finished one
};

struct BeamOptions {
  std::size_t beams = 4;
  /// A hypothesis of n tokens scores its log-probability divided by n^length_penalty: above 0 longer ones gain.
  double length_penalty = 1;
  EarlyStopping early_stopping = EarlyStopping::heuristic;
  std::size_t sequences = 1;  ///< hypotheses to return, at most `beams`
};

/// Keeps the `beams` most likely beginnings at each step, as transformers' beam search does (num_beams, length_penalty,
/// early_stopping, num_return_sequences), and returns the best, best first, with their scores. Of the sampler only
/// steps that change or remove single tokens count (penalties, n-grams, biases, bans); they work on log-probabilities.
/// @throws Error as generate(); invalid_argument: a sampler that draws, stop strings, options out of range.
[[nodiscard]] ONDOL_API std::vector<Result> beam_search(const Model& model, const Prompt& prompt,
                                                        const BeamOptions& beams = {},
                                                        const GenerateOptions& options = {});

}  // namespace ondol
