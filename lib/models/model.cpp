#include "ondol/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/fail.hpp"
#include "cache/cache.hpp"
#include "models/model_impl.hpp"

namespace ondol {
namespace {

/// Indices of the step's tokens whose logits are wanted, in ascending order, one by one.
std::size_t wanted_count(const Step& step) {
  switch (step.want.logits) {
    case Want::Logits::none: return 0;
    case Want::Logits::last: return 1;
    case Want::Logits::all: return step.tokens.size();
    case Want::Logits::positions: return step.want.positions.size();
  }
  return 0;
}

std::size_t wanted_at(const Step& step, std::size_t i) {
  switch (step.want.logits) {
    case Want::Logits::last: return step.tokens.size() - 1;
    case Want::Logits::positions: return step.want.positions[i];
    default: return i;
  }
}

}  // namespace

const ModelInfo& Model::info() const noexcept { return impl_->info; }
const Runtime& Model::runtime() const noexcept { return impl_->runtime; }
std::size_t Model::context() const noexcept { return impl_->layout->context; }
bool Model::has_tokenizer() const noexcept { return impl_->tokenizer.has(); }
const Tokenizer& Model::tokenizer() const { return impl_->tokenizer.get(); }
bool Model::has_chat_template() const noexcept { return impl_->chat_template.has(); }
const ChatTemplate& Model::chat_template() const { return impl_->chat_template.get(); }
std::uint64_t Model::fingerprint() const noexcept { return impl_->layout->fingerprint; }
KVCache Model::new_cache() const {
  if (impl_->info.kind == ModelKind::encoder) {
    fail(Status::unsupported, fmt::format("{} is an encoder, which generates no text; what it has: fill_mask, embed, "
                                          "classify and the like",
                                          impl_->info.architecture));
  }
  return make_cache(impl_->layout, impl_->runtime.state()->memory);
}

void Model::Impl::check_steps(std::span<const Step> steps) const {
  if (steps.empty()) fail(Status::invalid_argument, "forward: the batch is empty");
  if (std::ranges::any_of(steps, [](const Step& step) { return step.want.logits != Want::Logits::none; })) {
    require_language_head();
  }
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const Step& step = steps[s];
    const CacheLayout& its = step.cache.impl().layout();
    if (its.fingerprint != layout->fingerprint || its.type != layout->type) {
      fail(Status::mismatch, fmt::format("forward: the cache of step {} belongs to another model", s));
    }
    for (std::size_t other = 0; other < s; ++other) {
      if (&steps[other].cache == &step.cache) {
        fail(Status::invalid_argument, fmt::format("forward: steps {} and {} have the same cache", other, s));
      }
    }
    if (encoder && step.cache.impl().source_length() == 0) {
      fail(Status::invalid_argument,
           fmt::format("forward: the cache of step {} has no source; make it by new_cache with one", s));
    }
    if (step.tokens.empty()) fail(Status::invalid_argument, fmt::format("forward: step {} has no tokens", s));
    check_ids(step.tokens);
    if (step.tokens.size() > its.context || step.cache.length() > its.context - step.tokens.size()) {
      fail(Status::context_full, fmt::format("{} tokens after {} positions do not fit in the context of {}",
                                             step.tokens.size(), step.cache.length(), its.context));
    }
    const auto& positions = step.want.positions;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      if (positions[i] >= step.tokens.size() || (i > 0 && positions[i] <= positions[i - 1])) {
        fail(Status::invalid_argument,
             fmt::format("forward: wanted position {} of step {}: expected ascending indices below {}", positions[i], s,
                         step.tokens.size()));
      }
    }
  }
}

void Model::Impl::run_pass(std::span<const Segment> segments, std::span<const std::size_t> step_of,
                           std::span<const std::size_t> offset_of, std::span<const Step> steps,
                           std::vector<StepOutput>& outputs, const std::stop_token& stop, Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t hidden = info.hidden_size;
  const float* x = network->layers(segments, stop, compute);

  // The head reads its weights once for a group of rows, whichever sequences they belong to.
  constexpr std::size_t most = 32;
  std::size_t wanted = 0;
  for (const std::size_t step : step_of) wanted += wanted_count(steps[step]);
  const std::size_t group = std::min(most, wanted);
  auto* normed = compute.arena.take<float>(group * hidden);
  auto* logits = compute.arena.take<float>(group * info.vocabulary);
  float* targets[most];
  std::size_t pending = 0;
  const auto flush = [&] {
    if (pending == 0) return;
    network->head(normed, pending, logits, compute);
    for (std::size_t i = 0; i < pending; ++i) std::copy_n(logits + i * info.vocabulary, info.vocabulary, targets[i]);
    pending = 0;
  };
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const Step& step = steps[step_of[s]];
    StepOutput& output = outputs[step_of[s]];
    const std::size_t begin = offset_of[s];
    const std::size_t end = begin + segments[s].tokens.size();
    if (step.want.hidden) {
      for (std::size_t i = begin; i < end; ++i) {
        network->final_norm(x + (i - begin) * hidden, output.hidden.row(i).data(), compute);
      }
    }
    for (std::size_t i = 0; i < wanted_count(step); ++i) {
      const std::size_t at = wanted_at(step, i);
      if (at < begin || at >= end) continue;
      network->final_norm(x + (at - begin) * hidden, normed + pending * hidden, compute);
      targets[pending++] = output.logits.row(i).data();
      if (pending == group) flush();
    }
    x += segments[s].tokens.size() * hidden;
  }
  flush();
}

namespace {

void go_back(KVCache& cache, std::size_t length, KVCache* before) noexcept {
  if (before) {
    cache = std::move(*before);
  } else {
    (void)cache.impl().truncate(length);
  }
}

void set_shape(Tensor& tensor, std::size_t rows, std::size_t columns) {
  tensor.rows = rows;
  tensor.columns = columns;
  tensor.values.resize(rows * columns);
}

}  // namespace

std::vector<StepOutput> Model::forward(std::span<const Step> steps, const std::stop_token& stop,
                                       Progress* progress) const {
  std::vector<StepOutput> outputs;
  forward(steps, outputs, stop, progress);
  return outputs;
}

void Model::forward(std::span<const Step> steps, std::vector<StepOutput>& outputs, const std::stop_token& stop,
                    Progress* progress) const {
  impl_->check_steps(steps);
  outputs.resize(steps.size());
  std::size_t total = 0;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const std::size_t count = steps[s].tokens.size();
    const std::size_t rows = wanted_count(steps[s]);
    set_shape(outputs[s].logits, rows, rows ? impl_->info.vocabulary : 0);
    set_shape(outputs[s].hidden, steps[s].want.hidden ? count : 0, steps[s].want.hidden ? impl_->info.hidden_size : 0);
    total += count;
  }
  if (progress) {
    progress->total = total;
    progress->done = 0;
  }

  // What windows and states let go of cannot be taken back: of a pass of many a copy is kept, which shares its blocks.
  std::vector<KVCache> before;
  if (total > Transformer::pass_rows && impl_->layout->forgets()) {
    for (const Step& step : steps) before.push_back(step.cache);
  }
  Runtime::State::Turn turn(*impl_->runtime.state());
  Compute compute = impl_->compute(turn);
  const Arena::Scope scope(compute.arena);
  auto* lengths = compute.arena.take<std::size_t>(steps.size());
  for (std::size_t s = 0; s < steps.size(); ++s) lengths[s] = steps[s].cache.length();
  const std::size_t most = std::min(steps.size(), Transformer::pass_rows);
  auto* segments = compute.arena.take<Segment>(most);
  auto* step_of = compute.arena.take<std::size_t>(most);
  auto* offset_of = compute.arena.take<std::size_t>(most);
  try {
    // Passes of at most pass_rows rows, filled with the steps in order.
    std::size_t step = 0;
    std::size_t offset = 0;
    while (step < steps.size()) {
      std::size_t n = 0;
      for (std::size_t room = Transformer::pass_rows; room > 0 && step < steps.size(); ++n) {
        const std::size_t count = std::min(room, steps[step].tokens.size() - offset);
        KVCache::Impl& cache = steps[step].cache.impl();
        if (cache.length() == 0) cache.plan(steps[step].tokens.size());
        cache.make_room(count);
        std::construct_at(segments + n, Segment{cache, steps[step].tokens.subspan(offset, count)});
        step_of[n] = step;
        offset_of[n] = offset;
        room -= count;
        offset += count;
        if (offset == steps[step].tokens.size()) {
          ++step;
          offset = 0;
        }
      }
      impl_->run_pass({segments, n}, {step_of, n}, {offset_of, n}, steps, outputs, stop, compute);
      for (const Segment& segment : std::span(segments, n)) {
        segment.cache.commit(segment.tokens.size());
        if (progress) progress->done += segment.tokens.size();
      }
    }
  } catch (const Error& e) {
    // Cut off what was stored but not committed; unless cancelled, what was committed too.
    for (std::size_t s = 0; s < steps.size(); ++s) {
      steps[s].cache.impl().roll_back();
      if (e.code() != Status::cancelled) go_back(steps[s].cache, lengths[s], before.empty() ? nullptr : &before[s]);
    }
    throw;
  } catch (...) {
    for (std::size_t s = 0; s < steps.size(); ++s) {
      go_back(steps[s].cache, lengths[s], before.empty() ? nullptr : &before[s]);
    }
    throw;
  }
}

Tensor Model::embed(std::span<const Token> ids) const {
  impl_->check_ids(ids);
  Tensor out{ids.size(), impl_->info.hidden_size, std::vector<float>(ids.size() * impl_->info.hidden_size)};
  Runtime::State::Turn turn(*impl_->runtime.state());
  Compute compute = impl_->compute(turn);
  for (std::size_t i = 0; i < ids.size(); ++i) impl_->network->embed(ids[i], out.row(i).data(), compute);
  return out;
}

Tensor Model::head(const Tensor& hidden) const {
  impl_->require_language_head();
  if (hidden.columns != impl_->info.hidden_size || hidden.values.size() != hidden.rows * hidden.columns) {
    fail(Status::invalid_argument, fmt::format("head: found [{}, {}], expected rows of {}", hidden.rows, hidden.columns,
                                               impl_->info.hidden_size));
  }
  Tensor out{hidden.rows, impl_->info.vocabulary, std::vector<float>(hidden.rows * impl_->info.vocabulary)};
  if (hidden.rows == 0) return out;
  Runtime::State::Turn turn(*impl_->runtime.state());
  Compute compute = impl_->compute(turn);
  impl_->network->head(hidden.values.data(), hidden.rows, out.values.data(), compute);
  return out;
}

}  // namespace ondol
