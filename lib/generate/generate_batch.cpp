#include "base/fail.hpp"
#include "generate/prompt.hpp"
#include "generate/reply.hpp"
#include "generate/start.hpp"
#include "ondol/generate.hpp"

namespace ondol {
namespace {

struct Sequence {
  KVCache cache;
  Reply reply;

  [[nodiscard]] std::span<const Token> pending() const { return std::span(reply.tokens()).subspan(cache.length()); }
};

}  // namespace

std::vector<Result> generate_batch(const Model& model, std::span<const Prompt> prompts,
                                   const GenerateOptions& options) {
  const auto start = Timer::Clock::now();
  if (prompts.empty()) fail(Status::invalid_argument, "generate_batch: no prompts, expected at least one");
  check_options(model, options);
  const std::uint64_t seed = seed_of(options);
  std::vector<Sequence> sequences;
  sequences.reserve(prompts.size());
  const GenerateOptions own = with_defaults(model, options);
  for (Start& begun : starts(model, prompts, options.cancel)) {
    const std::uint64_t own_seed = seed + sequences.size();
    sequences.push_back({std::move(begun.cache), Reply(ReplyModel::of(model), std::move(begun.tokens),
                                                       {0, model.context()}, own, own_seed, start)});
  }

  bool prefill = true;
  std::vector<Step> steps;
  std::vector<Reply*> live;
  std::vector<StepOutput> outputs;
  for (;; prefill = false) {
    steps.clear();
    live.clear();
    for (Sequence& sequence : sequences) {
      if (sequence.reply.ended()) continue;
      live.push_back(&sequence.reply);
      steps.push_back({sequence.cache, sequence.pending()});
    }
    if (live.empty()) break;
    const auto before = Timer::Clock::now();
    try {
      model.forward(steps, outputs, options.cancel, prefill ? options.prefill_progress.get() : nullptr);
    } catch (const Error& error) {
      if (error.code() != Status::cancelled) throw;
      for (Reply* reply : live) static_cast<void>(reply->end(Finish::cancelled));
      break;
    }
    for (std::size_t i = 0; i < live.size(); ++i) {
      if (prefill) live[i]->timer().prefilled(Timer::Clock::now() - before);
      static_cast<void>(live[i]->choose(outputs[i].logits.row(0)));
    }
  }

  std::vector<Result> results;
  results.reserve(sequences.size());
  for (Sequence& sequence : sequences) results.push_back(std::move(sequence.reply.result()));
  return results;
}

}  // namespace ondol
