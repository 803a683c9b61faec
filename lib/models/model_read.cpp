// Whole texts through an encoder, or through a decoder with caches that are thrown away.
#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "cache/cache.hpp"
#include "models/model_impl.hpp"

namespace ondol {

void Model::Impl::require_language_head() const {
  if (info.head == "language") return;
  fail(Status::unsupported, fmt::format("{}: the model has no head for logits over a vocabulary; its head is '{}'",
                                        info.architecture, info.head));
}

void Model::Impl::check_output(Output output) const {
  const auto require = [&](bool there, const char* what) {
    if (there) return;
    fail(Status::unsupported,
         fmt::format("{}: the model has no head for {}; its head is '{}'", info.architecture, what, info.head));
  };
  switch (output) {
    case Output::hidden: return;
    case Output::embedding: return static_cast<void>(sentence.get());
    case Output::logits:
      if (info.kind == ModelKind::encoder_decoder) {
        fail(Status::invalid_argument, fmt::format("{}: logits need the tokens of the decoder too", info.architecture));
      }
      return require(info.head == "language" || info.head == "tokens", "logits of tokens");
    case Output::labels: return require(info.head == "tokens", "labels of tokens");
    case Output::classes: return require(info.head == "sequence", "classes of whole texts");
    case Output::spans: return require(info.head == "span", "answers in a text");
  }
}

void Model::Impl::check_texts(std::span<const WholeText> texts) const {
  const Transformer* stack = reader();
  const std::size_t types = (stack ? *stack : *network).embedding().types();
  const std::size_t most = encoder ? layout->source_context : layout->context;
  for (std::size_t t = 0; t < texts.size(); ++t) {
    const WholeText& text = texts[t];
    if (text.tokens.empty()) fail(Status::invalid_argument, fmt::format("text {} has no tokens", t));
    check_ids(text.tokens);
    if (text.tokens.size() > most) {
      fail(Status::context_full, fmt::format("text {} has {} tokens, the model reads {}", t, text.tokens.size(), most));
    }
    if (text.types.empty()) continue;
    if (text.types.size() != text.tokens.size()) {
      fail(Status::invalid_argument,
           fmt::format("text {}: {} types for {} tokens", t, text.types.size(), text.tokens.size()));
    }
    for (std::size_t i = 0; i < text.types.size(); ++i) {
      if (text.types[i] != 0 && text.types[i] >= types) {
        fail(Status::invalid_argument, fmt::format("text {}: type {} at index {}, expected 0 .. {}", t, text.types[i],
                                                   i, types > 0 ? types - 1 : 0));
      }
    }
  }
}

template <class Use>
void Model::Impl::read_all(std::span<const WholeText> texts, const std::stop_token& stop, Progress* progress,
                           Compute& compute, Use&& use) const {
  const Transformer& stack = *reader();
  const std::size_t hidden = stack.recipe().hidden_size;
  const auto& own = encoder ? encoder_layout : layout;
  for (std::size_t done = 0; done < texts.size();) {
    const Arena::Scope scope(compute.arena);
    // Whole texts, as many as a pass should have rows, but at least one.
    std::size_t end = done;
    std::size_t rows = 0;
    while (end < texts.size() && (end == done || rows + texts[end].tokens.size() <= Transformer::pass_rows)) {
      rows += texts[end++].tokens.size();
    }
    std::vector<KVCache> nothing;
    nothing.reserve(end - done);
    std::vector<Segment> segments;
    for (std::size_t t = done; t < end; ++t) {
      nothing.push_back(make_cache(own, runtime.state()->memory));
      nothing.back().impl().plan(texts[t].tokens.size());
      segments.push_back({nothing.back().impl(), texts[t].tokens, texts[t].types});
    }
    float* x = stack.layers(segments, stop, compute);
    compute.pool.parallel_ranges(rows, 16, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) stack.final_norm(x + i * hidden, x + i * hidden, compute);
    });
    for (; done < end; ++done) {
      use(done, x);
      x += texts[done].tokens.size() * hidden;
      if (progress) progress->done += texts[done].tokens.size();
    }
  }
}

/// What is wanted of one text, from its rows behind the last norm.
Tensor Model::Impl::finish(const WholeText& text, const float* rows, Output output, Compute& compute) const {
  const std::size_t count = text.tokens.size();
  const std::size_t hidden = reader() ? reader()->recipe().hidden_size : info.hidden_size;
  const auto tensor = [](std::size_t n, std::size_t width) { return Tensor{n, width, std::vector<float>(n * width)}; };
  switch (output) {
    case Output::hidden: return {count, hidden, {rows, rows + count * hidden}};
    case Output::embedding: {
      Tensor out = tensor(1, sentence.get().width(hidden));
      sentence.get().apply(rows, count, text.prompt, hidden, out.values.data(), compute);
      return out;
    }
    case Output::classes: {
      Tensor out = tensor(1, head->labels());
      std::vector<float> pooled(rows, rows + hidden);
      if (head->pooling() == Pooling::last) pooled.assign(rows + (count - 1) * hidden, rows + count * hidden);
      if (head->pooling() == Pooling::mean) {
        for (std::size_t k = 0; k < hidden; ++k) {
          double sum = 0;
          for (std::size_t i = 0; i < count; ++i) sum += double{rows[i * hidden + k]};
          pooled[k] = static_cast<float>(sum / double(count));
        }
      }
      head->apply(pooled.data(), 1, out.values.data(), compute);
      return out;
    }
    case Output::logits:
    case Output::labels:
    case Output::spans: {
      Tensor out = tensor(count, head ? head->labels() : info.vocabulary);
      if (head) {
        head->apply(rows, count, out.values.data(), compute);
      } else {
        network->head(rows, count, out.values.data(), compute);
      }
      return out;
    }
  }
  return {};
}

std::vector<Tensor> Model::read(std::span<const WholeText> texts, Output output, const std::stop_token& stop,
                                Progress* progress) const {
  impl_->check_output(output);
  impl_->check_texts(texts);
  std::vector<Tensor> out(texts.size());
  if (progress) {
    std::uint64_t total = 0;
    for (const WholeText& text : texts) total += text.tokens.size();
    progress->total = total;
    progress->done = 0;
  }
  if (impl_->reader()) {
    Runtime::State::Turn turn(*impl_->runtime.state());
    Compute compute = impl_->compute(turn);
    impl_->read_all(texts, stop, progress, compute,
                    [&](std::size_t t, const float* rows) { out[t] = impl_->finish(texts[t], rows, output, compute); });
    return out;
  }
  // A decoder reads with caches that are thrown away.
  for (std::size_t done = 0; done < texts.size();) {
    std::vector<KVCache> caches;
    std::size_t end = done;
    std::size_t rows = 0;
    while (end < texts.size() && (end == done || rows + texts[end].tokens.size() <= Transformer::pass_rows)) {
      rows += texts[end++].tokens.size();
      caches.push_back(new_cache());
    }
    std::vector<Step> steps;
    const bool logits = output == Output::logits && !impl_->head;
    for (std::size_t t = done; t < end; ++t) {
      steps.push_back({caches[t - done],
                       texts[t].tokens,
                       {.logits = logits ? Want::Logits::all : Want::Logits::none, .hidden = !logits}});
    }
    std::vector<StepOutput> outputs = forward(steps, stop);
    Runtime::State::Turn turn(*impl_->runtime.state());
    Compute compute = impl_->compute(turn);
    for (std::size_t i = 0; i < outputs.size(); ++i, ++done) {
      out[done] = logits ? std::move(outputs[i].logits)
                         : impl_->finish(texts[done], outputs[i].hidden.values.data(), output, compute);
      if (progress) progress->done += texts[done].tokens.size();
    }
  }
  return out;
}

std::vector<KVCache> Model::new_caches(std::span<const WholeText> sources, const std::stop_token& stop) const {
  if (!impl_->encoder) {
    fail(Status::unsupported,
         fmt::format("{} is no encoder-decoder: its caches have no source", impl_->info.architecture));
  }
  impl_->check_texts(sources);
  std::vector<KVCache> caches;
  for (std::size_t i = 0; i < sources.size(); ++i) caches.push_back(new_cache());
  Runtime::State::Turn turn(*impl_->runtime.state());
  Compute compute = impl_->compute(turn);
  impl_->read_all(sources, stop, nullptr, compute, [&](std::size_t s, float* rows) {
    impl_->network->read_source(rows, sources[s].tokens.size(), caches[s].impl(), compute);
  });
  return caches;
}

KVCache Model::new_cache(std::span<const Token> source, const std::stop_token& stop) const {
  const WholeText one{source};
  return std::move(new_caches({&one, 1}, stop).front());
}

const GenerationDefaults& Model::generation_defaults() const noexcept { return impl_->defaults; }

std::size_t Model::embedding_size() const {
  return impl_->sentence.get().width(impl_->reader() ? impl_->reader()->recipe().hidden_size : impl_->info.hidden_size);
}

std::size_t Model::embedding_context() const {
  const std::size_t most = impl_->encoder ? impl_->layout->source_context : impl_->layout->context;
  const std::size_t own = impl_->sentence.get().max_tokens();
  return own ? std::min(own, most) : most;
}

std::vector<std::pair<std::string, std::string>> Model::embedding_prompts() const {
  return impl_->sentence.get().prompts();
}
std::string Model::default_embedding_prompt() const { return impl_->sentence.get().default_prompt(); }

Tensor Model::logits(std::span<const Token> ids) const {
  const WholeText one{ids};
  return std::move(read({&one, 1}, Output::logits).front());
}

Tensor Model::logits(std::span<const Token> source, std::span<const Token> ids, const std::stop_token& stop) const {
  KVCache cache = new_cache(source, stop);
  const Step step{cache, ids, {.logits = Want::Logits::all}};
  return std::move(forward({&step, 1}, stop).front().logits);
}

const char* model_kind_name(ModelKind kind) noexcept {
  constexpr const char* names[] = {"decoder", "encoder", "encoder-decoder"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace ondol
