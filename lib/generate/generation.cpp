#include "generate/generation.hpp"

#include <utility>

#include "base/fail.hpp"
#include "generate/prompt.hpp"
#include "generate/start.hpp"

namespace ondol {

const char* finish_name(Finish finish) noexcept {
  switch (finish) {
    case Finish::none: return "none";
    case Finish::eos: return "eos";
    case Finish::stop: return "stop";
    case Finish::length: return "length";
    case Finish::cancelled: return "cancelled";
  }
  return "unknown";
}

Generation::Impl::Impl(Model its_model, std::shared_ptr<KVCache> its_cache, std::size_t before,
                       std::vector<Token> prompt, const GenerateOptions& options, Timer::Clock::time_point start)
    : model(std::move(its_model)),
      cache(std::move(its_cache)),
      cancel(options.cancel),
      prefill_progress(options.prefill_progress),
      reply(ReplyModel::of(model), std::move(prompt), {before, cache->context()}, options, seed_of(options), start) {
  reply.result().timings.cached_tokens = cache->length();
}

Generation::Impl::~Impl() {
  try {
    ended();
  } catch (...) {  // out of memory while a chat takes its reply back: the message is lost, the host lives
  }
}

std::span<const Token> Generation::Impl::pending() const {
  return std::span(reply.tokens()).subspan(cache->length() - reply.room().before);
}

std::optional<Piece> Generation::Impl::next() {
  if (reply.ended()) return std::nullopt;
  const bool prefill = reply.result().ids.empty();
  if (!computed_) {
    if (cancel.stop_requested()) return end(Finish::cancelled);
    const auto start = Timer::Clock::now();
    const Step step{*cache, pending()};
    try {
      model.forward({&step, 1}, outputs_, cancel, prefill ? prefill_progress.get() : nullptr);
    } catch (const Error& error) {
      if (error.code() != Status::cancelled) throw;
      return end(Finish::cancelled);
    }
    computed_ = true;
    if (prefill) reply.timer().prefilled(Timer::Clock::now() - start);
  }
  Piece piece = reply.choose(outputs_[0].logits.row(0));
  computed_ = false;
  if (reply.ended()) ended();
  return piece;
}

Piece Generation::Impl::end(Finish finish) {
  Piece piece = reply.end(finish);
  ended();
  return piece;
}

void Generation::Impl::ended() {
  if (auto call = std::exchange(on_end, nullptr)) call(*this);
}

Generation::Generation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Generation::Generation(Generation&&) noexcept = default;
Generation& Generation::operator=(Generation&&) noexcept = default;
Generation::~Generation() = default;

std::optional<Piece> Generation::next() {
  std::optional<Piece> piece = impl_->next();
  if (piece && piece->text.empty() && piece->tokens.empty()) return std::nullopt;
  return piece;
}

const Result& Generation::result() const noexcept { return impl_->reply.result(); }

KVCache& Generation::cache() noexcept { return *impl_->cache; }

std::vector<Token> Generation::pending() const {
  const auto tokens = impl_->pending();
  return {tokens.begin(), tokens.end()};
}

Result Generation::finish() {
  while (next()) {
  }
  return result();
}

void Generation::append(const Prompt& more) {
  const auto start = Timer::Clock::now();
  Reply& reply = impl_->reply;
  if (!reply.ended()) {
    fail(Status::invalid_argument, "append: the reply has not ended; read it to its end or cancel it first");
  }
  if (impl_->of_chat) {
    fail(Status::invalid_argument, "append: the reply belongs to a chat; add a message to the chat instead");
  }
  const std::vector<Token> tokens = prompt_ids(impl_->model, more, Place::later);
  check_room(tokens.size(), reply.room().before + reply.tokens().size(), reply.room().context);
  reply.resume(tokens, impl_->cache->length(), start);
}

Generation generate(const Model& model, const Prompt& prompt, const GenerateOptions& options) {
  if (model.info().kind != ModelKind::encoder_decoder) return generate(model, model.new_cache(), prompt, options);
  Start start = std::move(starts(model, {&prompt, 1}, options.cancel).front());
  return generate(model, std::move(start.cache), std::move(start.tokens), with_defaults(model, options));
}

Generation generate(const Model& model, KVCache cache, const Prompt& prompt, const GenerateOptions& options) {
  const auto start = Timer::Clock::now();
  check_options(model, options);
  const std::size_t before = cache.length();
  std::vector<Token> ids = prompt_ids(model, prompt, before == 0 ? Place::start : Place::later);
  check_room(ids.size(), before, cache.context());
  return Generation(std::make_unique<Generation::Impl>(model, std::make_shared<KVCache>(std::move(cache)), before,
                                                       std::move(ids), options, start));
}

}  // namespace ondol
