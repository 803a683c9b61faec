#include "generate/reply.hpp"

#include <algorithm>
#include <random>

#include "generate/log_softmax.hpp"
#include "kernels/kernels.hpp"

namespace ondol {

ReplyModel ReplyModel::of(const Model& model) {
  ReplyModel result;
  if (model.has_tokenizer()) result.tokenizer = model.tokenizer();
  if (!result.tokenizer) result.ends = model.generation_defaults().ends;
  result.elementwise = kernels(model.runtime().state()->isa).elementwise;
  return result;
}

std::uint64_t seed_of(const GenerateOptions& options) {
  if (options.sampler.seed) return *options.sampler.seed;
  std::random_device random;
  const std::uint64_t high = random();
  return high << 32 | random();
}

Reply::Reply(ReplyModel model, std::vector<Token> prompt, Room room, const GenerateOptions& options, std::uint64_t seed,
             Timer::Clock::time_point start)
    : model_(std::move(model)),
      options_(options),
      room_(room),
      tokens_(std::move(prompt)),
      text_(model_.tokenizer, options.stop, options.skip_special),
      timer_(start) {
  result_.seed = seed;
  result_.timings.prompt_tokens = room.before + tokens_.size();
  result_.timings.cached_tokens = room.before;
  if (options_.min_tokens > 0) {
    masked_ = options_.stop_ids;
    if (!options_.ignore_eos) {
      const std::vector<Token> ends = model_.end_ids();
      masked_.insert(masked_.end(), ends.begin(), ends.end());
    }
  }
}

bool ReplyModel::is_end(Token id) const {
  if (!tokenizer) return std::ranges::find(ends, id) != ends.end();
  return static_cast<std::size_t>(id) < tokenizer->size() && tokenizer->is_end(id);
}

std::vector<Token> ReplyModel::end_ids() const {
  if (!tokenizer) return ends;
  std::vector<Token> ids;
  for (std::size_t id = 0; id < tokenizer->size(); ++id) {
    if (tokenizer->is_end(static_cast<Token>(id))) ids.push_back(static_cast<Token>(id));
  }
  return ids;
}

/// The token that has to come now, if one has to.
std::optional<Token> Reply::forced() const {
  const std::size_t made = result_.ids.size();
  const std::size_t room = room_.context - room_.before - tokens_.size() + made;
  const std::size_t most = options_.max_tokens != 0 ? std::min(options_.max_tokens, room) : room;
  if (made == 0 && options_.forced_bos.value_or(-1) >= 0) return options_.forced_bos;
  if (made + 1 == most && options_.forced_eos.value_or(-1) >= 0) return options_.forced_eos;
  return std::nullopt;
}

Token Reply::sample(std::span<const float> logits) {
  if (const auto id = forced()) return *id;
  candidates_.assign(logits);
  if (result_.ids.size() < options_.min_tokens) candidates_.remove(masked_);
  return options_.sampler.sample(candidates_, {tokens_}, result_.seed, room_.before + tokens_.size());
}

ChosenToken Reply::describe(Token id, std::span<const float> logits) {
  ChosenToken chosen;
  chosen.id = id;
  chosen.bytes = text_.bytes(id);
  if (!options_.logprobs) return chosen;
  const LogSoftmax log_p(logits, *model_.elementwise);
  chosen.logprob = log_p(static_cast<std::size_t>(id));
  chosen.entropy = log_p.entropy();
  if (*options_.logprobs == 0) return chosen;
  ranking_.assign(logits);
  for (std::size_t i = 0; i < std::min(*options_.logprobs, ranking_.size()); ++i) {
    const Token other = ranking_.sorted(i).id;
    chosen.top.push_back({other, log_p(static_cast<std::size_t>(other)), text_.bytes(other)});
  }
  return chosen;
}

bool Reply::is_stop(Token id) const {
  return std::find(options_.stop_ids.begin(), options_.stop_ids.end(), id) != options_.stop_ids.end();
}

Finish Reply::finish_after(Token id, const ReplyText::Added& added) const {
  if (!options_.ignore_eos && model_.is_end(id)) return Finish::eos;
  if (added.stop || is_stop(id)) return Finish::stop;
  if (result_.ids.size() == options_.max_tokens) return Finish::length;  // 0 is never reached
  if (room_.before + tokens_.size() >= room_.context) return Finish::length;
  return Finish::none;
}

Piece Reply::choose(std::span<const float> logits) {
  const Token id = sample(logits);
  Piece piece;
  piece.tokens.push_back(describe(id, logits));
  tokens_.push_back(id);
  result_.ids.push_back(id);
  result_.tokens.push_back(piece.tokens.front());

  const bool shown = !is_stop(id) && (options_.ignore_eos || !model_.is_end(id));
  ReplyText::Added added;
  if (shown) added = text_.add(id, result_.ids.size() >= options_.min_tokens);
  piece.text = std::move(added.text);
  result_.finish = finish_after(id, added);
  if (ended()) {
    std::string rest = text_.flush();
    if (!added.stop || options_.include_stop) piece.text += rest;
    if (added.stop) result_.stop = text_.stop(*added.stop);
  }
  result_.text += piece.text;
  timer_.token(Timer::Clock::now());
  take_timings();
  return piece;
}

Piece Reply::end(Finish finish) {
  Piece piece{.text = text_.flush(), .tokens = {}};
  result_.text += piece.text;
  result_.finish = finish;
  take_timings();
  return piece;
}

void Reply::resume(std::span<const Token> tokens, std::size_t computed, Timer::Clock::time_point start) {
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  const std::uint64_t seed = result_.seed;
  result_ = {};
  result_.seed = seed;
  result_.timings.prompt_tokens = room_.before + tokens_.size();
  result_.timings.cached_tokens = computed;
  timer_ = Timer(start);
}

void Reply::take_timings() {
  const Timings& measured = timer_.timings();
  result_.timings.generated_tokens = measured.generated_tokens;
  result_.timings.prefill_seconds = measured.prefill_seconds;
  result_.timings.first_piece_seconds = measured.first_piece_seconds;
  result_.timings.decode_seconds = measured.decode_seconds;
}

}  // namespace ondol
