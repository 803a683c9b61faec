#include "ondol/beam_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "base/fail.hpp"
#include "generate/log_softmax.hpp"
#include "generate/prompt.hpp"
#include "generate/reply.hpp"
#include "generate/start.hpp"
#include "kernels/kernels.hpp"

namespace ondol {
namespace {

/// A beginning that may go on.
struct Beam {
  KVCache cache;
  std::vector<Token> tokens;  // with the prompt
  float score = 0;            // sum of log-probabilities
};

struct Finished {
  std::vector<Token> tokens;
  float score;  // divided by the length
};

/// A beam with one more token.
struct Way {
  std::size_t beam;
  Token token;
  float score;
};

template <class Step>
constexpr bool draws = std::is_same_v<Step, TopK> || std::is_same_v<Step, TopP> || std::is_same_v<Step, MinP> ||
                       std::is_same_v<Step, Typical>;

class Search {
 public:
  Search(const Model& model, const BeamOptions& beams, const GenerateOptions& options, Start start)
      : model_(model), width_(beams), options_(with_defaults(model, options)), prompt_(start.tokens.size()) {
    for (const SamplerStep& step : options_.sampler.steps) std::visit([&](const auto& s) { keep(s); }, step);
    const std::size_t room = start.cache.context() - prompt_;
    most_ = options.max_tokens == 0 ? room : std::min(options.max_tokens, room);
    ends_ = options_.stop_ids;
    if (!options_.ignore_eos) {
      const std::vector<Token> own = ReplyModel::of(model).end_ids();
      ends_.insert(ends_.end(), own.begin(), own.end());
    }
    running_.push_back({std::move(start.cache), std::move(start.tokens), 0});
  }

  /// One token more for each beam. False when the search has ended.
  bool step() {
    std::vector<Way> best = candidates();
    const std::size_t length = running_.front().tokens.size() + 1 - prompt_;
    std::vector<Way> going;
    for (std::size_t i = 0; i < best.size(); ++i) {
      const bool ends = length == most_ || is_end(best[i].token);
      if (!ends && going.size() < width_.beams) going.push_back(best[i]);
      if (ends && i < width_.beams) finish(best[i], length);
    }
    if (going.empty()) return false;
    advance(going);
    return !hopeless(length);
  }

  [[nodiscard]] std::vector<Finished> take(bool cancelled) {
    if (cancelled || finished_.empty()) {
      const Beam& best = running_.front();
      finished_.insert(finished_.begin(), Finished{best.tokens, best.score});
    }
    finished_.resize(std::min(finished_.size(), width_.sequences), Finished{});
    for (Finished& one : finished_) one.tokens.erase(one.tokens.begin(), one.tokens.begin() + std::ptrdiff_t(prompt_));
    return std::move(finished_);
  }
  [[nodiscard]] bool is_end(Token id) const { return std::ranges::find(ends_, id) != ends_.end(); }

 private:
  void keep(const Temperature& step) {
    if (step.value != 0) fail(Status::invalid_argument, "beam search draws nothing: temperature has to be 0");
  }
  void keep(const Greedy&) {}
  template <class Step>
  void keep(const Step& step) {
    if (draws<Step>) {
      fail(Status::invalid_argument, fmt::format("beam search draws nothing: {} cannot be given", Step::name));
    }
    steps_.push_back(step);
  }

  /// The most likely ways to go on, best first; enough that as many as there are beams do not end.
  std::vector<Way> candidates() {
    std::vector<Step> steps;
    for (Beam& beam : running_) {
      steps.push_back({beam.cache, std::span(beam.tokens).subspan(beam.cache.length())});
    }
    const std::vector<StepOutput> outputs = model_.forward(steps, options_.cancel);
    const ElementwiseKernels& kernels = *ondol::kernels(model_.runtime().state()->isa).elementwise;
    const std::size_t count = std::max<std::size_t>(2, 1 + ends_.size()) * width_.beams;
    std::vector<Way> all;
    std::vector<float> logs(model_.info().vocabulary);
    for (std::size_t b = 0; b < running_.size(); ++b) {
      const LogSoftmax log_p(outputs[b].logits.row(0), kernels);
      for (std::size_t i = 0; i < logs.size(); ++i) logs[i] = log_p(i);
      restrict(running_[b], logs);
      for (std::size_t i = 0; i < std::min(count, candidates_.size()); ++i) {
        const auto& entry = candidates_.sorted(i);
        all.push_back({b, entry.id, entry.logit + running_[b].score});
      }
    }
    std::ranges::stable_sort(all, [](const Way& a, const Way& b) { return a.score > b.score; });
    if (all.empty()) fail(Status::numeric, "no token is left to choose from: all have probability 0");
    all.resize(std::min(all.size(), count));
    return all;
  }

  /// The log-probabilities behind a beam, as the sampler's steps and forced tokens leave them.
  void restrict(const Beam& beam, std::vector<float>& logs) {
    const std::size_t length = beam.tokens.size() - prompt_;
    const auto force = [&](Token id) {
      std::ranges::fill(logs, -std::numeric_limits<float>::infinity());
      logs[static_cast<std::size_t>(id)] = 0;
      candidates_.assign(logs);
    };
    if (length == 0 && options_.forced_bos.value_or(-1) >= 0) return force(*options_.forced_bos);
    if (length + 1 == most_ && options_.forced_eos.value_or(-1) >= 0) return force(*options_.forced_eos);
    candidates_.assign(logs);
    for (const SamplerStep& step : steps_) {
      std::visit([&](const auto& s) { s.apply(candidates_, {beam.tokens}); }, step);
    }
    if (length < options_.min_tokens) candidates_.remove(ends_);
  }

  void finish(const Way& candidate, std::size_t length) {
    const Beam& beam = running_[candidate.beam];
    Finished one{beam.tokens, candidate.score / divisor(length)};
    one.tokens.push_back(candidate.token);
    const auto worse = std::ranges::find_if(finished_, [&](const Finished& other) { return other.score < one.score; });
    finished_.insert(worse, std::move(one));
    if (finished_.size() > width_.beams) finished_.pop_back();
  }

  void advance(const std::vector<Way>& going) {
    std::vector<Beam> next;
    for (const Way& candidate : going) {
      const Beam& from = running_[candidate.beam];
      next.push_back({from.cache.fork(), from.tokens, candidate.score});
      next.back().tokens.push_back(candidate.token);
    }
    running_ = std::move(next);
  }

  [[nodiscard]] float divisor(std::size_t length) const {
    return static_cast<float>(std::pow(static_cast<double>(length), width_.length_penalty));
  }

  /// Whether no running beam can replace a finished one any more.
  [[nodiscard]] bool hopeless(std::size_t length) const {
    if (finished_.size() < width_.beams) return false;
    if (width_.early_stopping == EarlyStopping::at_once) return true;
    const bool to_the_end = width_.early_stopping == EarlyStopping::never && width_.length_penalty > 0;
    return running_.front().score / divisor(to_the_end ? most_ : length) <= finished_.back().score;
  }

  const Model& model_;
  BeamOptions width_;
  GenerateOptions options_;
  std::size_t prompt_;
  std::size_t most_ = 0;  // tokens to generate
  std::vector<Token> ends_;
  std::vector<SamplerStep> steps_;
  std::vector<Beam> running_;       // best first
  std::vector<Finished> finished_;  // best first, at most as many as beams
  Candidates candidates_;
};

void check_beams(const BeamOptions& beams, const GenerateOptions& options) {
  if (beams.beams < 1 || beams.beams > 1024) {
    fail(Status::invalid_argument, fmt::format("beams is {}, expected 1 .. 1024", beams.beams));
  }
  if (beams.sequences < 1 || beams.sequences > beams.beams) {
    fail(Status::invalid_argument,
         fmt::format("{} sequences of {} beams, expected 1 .. {}", beams.sequences, beams.beams, beams.beams));
  }
  if (!std::isfinite(beams.length_penalty)) {
    fail(Status::invalid_argument, fmt::format("length_penalty is {}, expected a number", beams.length_penalty));
  }
  if (!options.stop.empty()) fail(Status::invalid_argument, "stop: beam search has no stop strings, only stop_ids");
}

}  // namespace

std::vector<Result> beam_search(const Model& model, const Prompt& prompt, const BeamOptions& beams,
                                const GenerateOptions& options) {
  const auto begun = Timer::Clock::now();
  check_options(model, options);
  check_beams(beams, options);
  Start start = std::move(starts(model, {&prompt, 1}, options.cancel).front());
  const std::size_t prompt_tokens = start.tokens.size();
  Search search(model, beams, options, std::move(start));
  bool cancelled = false;
  try {
    while (search.step()) {
    }
  } catch (const Error& error) {
    if (error.code() != Status::cancelled) throw;
    cancelled = true;
  }
  std::vector<Result> results;
  const ReplyModel known = ReplyModel::of(model);
  for (Finished& one : search.take(cancelled)) {
    Result result;
    ReplyText text(known.tokenizer, {}, options.skip_special);
    for (const Token id : one.tokens) {
      ChosenToken chosen;
      chosen.id = id;
      chosen.bytes = text.bytes(id);
      result.tokens.push_back(std::move(chosen));
      if (!search.is_end(id)) result.text += text.add(id, false).text;
    }
    result.text += text.flush();
    const bool ended = !one.tokens.empty() && search.is_end(one.tokens.back());
    const bool stopped = ended && std::ranges::find(options.stop_ids, one.tokens.back()) != options.stop_ids.end();
    result.finish = cancelled ? Finish::cancelled : stopped ? Finish::stop : ended ? Finish::eos : Finish::length;
    result.ids = std::move(one.tokens);
    result.score = one.score;
    result.timings.prompt_tokens = prompt_tokens;
    result.timings.generated_tokens = result.ids.size();
    result.timings.first_piece_seconds = std::chrono::duration<double>(Timer::Clock::now() - begun).count();
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace ondol
