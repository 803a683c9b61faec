#include "ondol/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/fail.hpp"
#include "base/hash.hpp"
#include "cache/cache.hpp"
#include "files/weight_source.hpp"
#include "models/config.hpp"
#include "models/description.hpp"
#include "models/model_impl.hpp"
#include "models/naming.hpp"
#include "models/registry.hpp"
#include "models/transformer.hpp"
#include "runtime/state.hpp"
#include "text/folder_config.hpp"
#include "text/tokenizer.hpp"

namespace ondol {
namespace {

ChatTemplate chat_template_of(const WeightSource& source) {
  std::optional<std::string> text = source.config() ? text::folder_chat_template(source.path()) : std::nullopt;
  if (const auto own = source.text("tokenizer.chat_template")) text = *own;
  if (!text) {
    fail(Status::no_chat_template,
         fmt::format("{}: the model has no chat template ({})", source.path(),
                     source.config() ? "chat_template.jinja, tokenizer_config.json" : "tokenizer.chat_template"));
  }
  return ChatTemplate(*text);
}

Tokenizer tokenizer_of(const WeightSource& source, const TokenizerOptions& options) {
  if (!source.config()) return make_tokenizer(source, options);
  try {
    return Tokenizer::load(source.path(), options);
  } catch (const Error& e) {
    if (e.code() != Status::not_found) throw;
    fail(Status::no_vocabulary, e.what());
  }
}

std::uint64_t fingerprint_of(const WeightSource& source, Precision precision) {
  Hash64 hash;
  for (const WeightSource::Entry& entry : source.entries()) {
    if (entry.key.starts_with("tokenizer.")) continue;
    hash.add(entry.key);
    hash.add(entry.value);
  }
  for (const TensorView& tensor : source.tensors()) {
    hash.add(tensor.name);
    hash.add(tensor.format ? tensor.format->name : std::string_view(tensor.type));
    for (const std::uint64_t n : tensor.shape) hash.add(n);
    const std::size_t sample = std::min<std::size_t>(tensor.bytes.size(), 256);
    hash.add(tensor.bytes.first(sample));
    hash.add(tensor.bytes.last(sample));
  }
  hash.add(static_cast<std::uint64_t>(precision));
  return hash.value();
}

struct Sizes {
  std::uint64_t parameters = 0;
  std::uint64_t bytes = 0;
};

/// Of the weights; factors of the rotary embedding are constants, not parameters.
Sizes sizes_of(const WeightSource& source) {
  Sizes sizes;
  for (const TensorView& tensor : source.tensors()) {
    if (!tensor.name.starts_with("rope_f")) sizes.parameters += tensor.elements();
    sizes.bytes += tensor.bytes.size();
  }
  return sizes;
}

CacheLayout cache_layout(const Recipe& recipe, const LoadOptions& options, std::uint64_t fingerprint,
                         const std::string& path) {
  CacheLayout layout{
      .fingerprint = fingerprint,
      .layers = {},
      .context = options.context ? options.context : recipe.context,
      .type = options.cache_type.value_or(options.precision == Precision::exact ? CacheType::f32 : CacheType::f16),
      .source_context = recipe.encoder.empty() ? 0 : recipe.encoder.front().context};
  // What is seen in both directions is scratch.
  if (recipe.both_directions) layout.type = CacheType::f32;
  for (const LayerRecipe& layer : recipe.layers) {
    layout.layers.push_back(recipe.both_directions ? LayerCache{} : cache_of(layer));
  }
  if (layout.context > std::size_t{1} << 30) {
    fail(Status::invalid_argument, fmt::format("context: found {}, expected at most 2^30", layout.context));
  }
  for (const LayerCache& layer : layout.layers) {
    const bool fits = layer.key_dim % 32 == 0 && layer.value_dim % 32 == 0 && layer.source_dim % 32 == 0;
    if (layout.type == CacheType::q8_0 && !fits) {
      fail(Status::unsupported, fmt::format("{}: cache type q8_0 needs heads of a multiple of 32 dimensions, found {}",
                                            path, layer.key_dim));
    }
  }
  return layout;
}

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

CacheLayout encoder_layout(const Recipe& recipe) {
  CacheLayout layout{.layers = {}, .context = recipe.encoder.front().context, .type = CacheType::f32};
  layout.layers.resize(recipe.encoder.front().layers.size());
  return layout;
}

constexpr const char* head_names[] = {"none", "language", "sequence", "tokens", "span"};

/// A model file taken apart: what it says, and what is bound to it.
struct Opened {
  Opened(std::string_view path, const LoadOptions& options)
      : source(open_weights(path)),
        config(*source),
        description(description_of(*source, config)),
        recipe(find_family(config).recipe(config)),
        binder(*source, canonical_weights(*source, config, find_family(config)), options.precision),
        network(std::make_unique<Transformer>(recipe, binder)),
        layout(cache_layout(recipe, options, fingerprint_of(*source, options.precision), source->path())) {
    if (const std::size_t most = network->positions(); most != 0 && layout.context > most) {
      if (options.context > most) {
        fail(Status::invalid_argument,
             fmt::format("context: found {}, the model has {} learned positions", options.context, most));
      }
      layout.context = recipe.context = most;
    }
    if (!recipe.encoder.empty()) {
      encoder = std::make_unique<Transformer>(recipe.encoder.front(), binder, &network->embedding());
      if (const std::size_t most = encoder->positions(); most != 0) {
        layout.source_context = std::min(layout.source_context, most);
      }
    }
    recipe.head.kind = head_kind(description, recipe, binder);
    if (recipe.head.kind == HeadKind::none || recipe.head.kind == HeadKind::tokens) {
      for (const char* name : {"cls.weight", "cls.bias"}) binder.ignore(name);  // a pooler that nothing asks for
    } else {
      head = std::make_unique<Head>(recipe, binder);
    }
    binder.check_all_used();
  }

  std::shared_ptr<const WeightSource> source;
  Config config;
  Config description;
  Recipe recipe;
  WeightBinder binder;
  std::unique_ptr<Transformer> network;
  CacheLayout layout;
  std::unique_ptr<Transformer> encoder;
  std::unique_ptr<Head> head;
};

ModelInfo info_of(const Opened& opened) {
  const Recipe& recipe = opened.recipe;
  const Sizes sizes = sizes_of(*opened.source);
  const Attention::Shape none;
  const Attention::Shape& attention = recipe.attention() ? *recipe.attention() : none;
  const auto* mlp = std::get_if<Mlp::Shape>(&recipe.layers.front().feed_forward);
  const auto* latent = std::get_if<LatentAttention::Shape>(&recipe.layers.front().mixer);
  const Experts::Shape* experts = recipe.experts();
  return {.architecture = opened.config.model_type(),
          .name = std::string(opened.source->text("general.name").value_or("")),
          .kind = !recipe.encoder.empty()  ? ModelKind::encoder_decoder
                  : recipe.both_directions ? ModelKind::encoder
                                           : ModelKind::decoder,
          .head = head_names[static_cast<std::size_t>(recipe.head.kind)],
          .labels = opened.head && recipe.head.kind != HeadKind::span
                        ? labels_of(opened.description, opened.head->labels())
                        : std::vector<std::string>{},
          .multi_label = opened.description.text_or("problem_type", "") == "multi_label_classification",
          .token_types = opened.network->embedding().types(),
          .context = recipe.context,
          .layers = recipe.layers.size(),
          .hidden_size = recipe.hidden_size,
          .intermediate_size = mlp       ? mlp->intermediate_size
                               : experts ? experts->intermediate_size
                                         : 0,
          .heads = latent ? latent->heads : attention.heads,
          .kv_heads = latent ? latent->heads : attention.kv_heads,
          .head_dim = latent ? latent->plain_dim + latent->rope_dim : attention.head_dim,
          .vocabulary = opened.network->vocabulary(),
          .tied_embeddings = opened.network->tied(),
          .experts = experts ? experts->router.experts : 0,
          .experts_used = experts ? experts->router.used : 0,
          .parameters = sizes.parameters,
          .active_parameters = sizes.parameters - idle_parameters(recipe, opened.binder),
          .tensor_bytes = sizes.bytes};
}

}  // namespace

Model Model::load(std::string_view path, const LoadOptions& options) {
  Opened opened(path, options);
  const WeightSource& source = *opened.source;
  WeightBinder& binder = opened.binder;
  const auto& runtime = options.runtime.state();
  const std::uint64_t weights = binder.packed_bytes() + opened.network->embedding_bytes();
  if (const std::uint64_t limit = runtime->memory->limit(); limit != 0 && runtime->memory->used() + weights > limit) {
    fail(Status::out_of_memory, fmt::format("{}: the weights take {} bytes, {} of the memory limit of {} are in use",
                                            source.path(), weights, runtime->memory->used(), limit));
  }
  auto impl = std::make_shared<Impl>(options.runtime);
  impl->info = info_of(opened);
  impl->layout = std::make_shared<const CacheLayout>(opened.layout);
  impl->network = std::move(opened.network);
  impl->encoder = std::move(opened.encoder);
  impl->head = std::move(opened.head);
  if (impl->encoder) {
    impl->encoder_layout = std::make_shared<const CacheLayout>(encoder_layout(opened.recipe));
  }
  impl->defaults = defaults_of(source, opened.description);
  impl->tokenizer.make([&] { return tokenizer_of(source, options.tokenizer); });
  if (impl->tokenizer.has() && impl->tokenizer.get().size() > impl->info.vocabulary) {
    fail(Status::bad_file, fmt::format("{}: {} tokens in the vocabulary, but {} rows in the embedding", source.path(),
                                       impl->tokenizer.get().size(), impl->info.vocabulary));
  }
  impl->chat_template.make([&] { return chat_template_of(source); });

  Runtime::State::Turn turn(*runtime);
  Compute compute = impl->compute(turn);
  binder.load(compute, runtime->memory, options.stop, options.progress.get());
  impl->network->load_embedding(runtime->memory);
  if (impl->encoder) impl->encoder->load_embedding(runtime->memory);
  impl->sentence.make([&] { return SentenceHead(source, opened.config, options.precision, compute, runtime->memory); });
  turn.arena().release();
  return Model(std::move(impl));
}

MemoryEstimate Model::estimate(std::string_view path, const LoadOptions& options) {
  const Opened opened(path, options);
  const Sizes sizes = sizes_of(*opened.source);
  return {.parameters = sizes.parameters,
          .active_parameters = sizes.parameters - idle_parameters(opened.recipe, opened.binder),
          .file_weights = sizes.bytes,
          .packed_weights = opened.binder.packed_bytes() + opened.network->embedding_bytes(),
          .cache = opened.layout.bytes_at(opened.layout.context),
          .cache_per_position = opened.layout.position_bytes(),
          .scratch = opened.network->scratch_bytes(opened.layout.context)};
}

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

void go_back(KVCache& cache, std::size_t length, std::optional<KVCache>& before) noexcept {
  if (before) {
    cache = std::move(*before);
  } else {
    (void)cache.impl().truncate(length);
  }
}

}  // namespace

std::vector<StepOutput> Model::forward(std::span<const Step> steps, const std::stop_token& stop,
                                       Progress* progress) const {
  impl_->check_steps(steps);
  std::vector<StepOutput> outputs(steps.size());
  std::vector<std::size_t> lengths;
  std::size_t total = 0;
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const std::size_t rows = wanted_count(steps[s]);
    outputs[s].logits = {rows, rows ? impl_->info.vocabulary : 0, {}};
    outputs[s].logits.values.resize(rows * impl_->info.vocabulary);
    if (steps[s].want.hidden) {
      outputs[s].hidden = {steps[s].tokens.size(), impl_->info.hidden_size, {}};
      outputs[s].hidden.values.resize(steps[s].tokens.size() * impl_->info.hidden_size);
    }
    lengths.push_back(steps[s].cache.length());
    total += steps[s].tokens.size();
  }
  if (progress) {
    progress->total = total;
    progress->done = 0;
  }

  // What windows and states let go of cannot be taken back: of a pass of many a copy is kept, which shares its blocks.
  std::vector<std::optional<KVCache>> before(steps.size());
  for (std::size_t s = 0; s < steps.size(); ++s) {
    if (total > Transformer::pass_rows && impl_->layout->forgets()) before[s] = steps[s].cache;
  }
  Runtime::State::Turn turn(*impl_->runtime.state());
  Compute compute = impl_->compute(turn);
  try {
    // Passes of at most pass_rows rows, filled with the steps in order.
    std::vector<Segment> segments;
    std::vector<std::size_t> step_of;
    std::vector<std::size_t> offset_of;
    std::size_t step = 0;
    std::size_t offset = 0;
    while (step < steps.size()) {
      segments.clear();
      step_of.clear();
      offset_of.clear();
      for (std::size_t room = Transformer::pass_rows; room > 0 && step < steps.size();) {
        const std::size_t count = std::min(room, steps[step].tokens.size() - offset);
        KVCache::Impl& cache = steps[step].cache.impl();
        if (cache.length() == 0) cache.plan(steps[step].tokens.size());
        cache.make_room(count);
        segments.push_back({cache, steps[step].tokens.subspan(offset, count)});
        step_of.push_back(step);
        offset_of.push_back(offset);
        room -= count;
        offset += count;
        if (offset == steps[step].tokens.size()) {
          ++step;
          offset = 0;
        }
      }
      impl_->run_pass(segments, step_of, offset_of, steps, outputs, stop, compute);
      for (const Segment& segment : segments) {
        segment.cache.commit(segment.tokens.size());
        if (progress) progress->done += segment.tokens.size();
      }
    }
  } catch (const Error& e) {
    // Cut off what was stored but not committed; unless cancelled, what was committed too.
    for (std::size_t s = 0; s < steps.size(); ++s) {
      steps[s].cache.impl().roll_back();
      if (e.code() != Status::cancelled) go_back(steps[s].cache, lengths[s], before[s]);
    }
    throw;
  } catch (...) {
    for (std::size_t s = 0; s < steps.size(); ++s) go_back(steps[s].cache, lengths[s], before[s]);
    throw;
  }
  return outputs;
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

FileInfo inspect(std::string_view path) {
  const auto source = open_weights(path);
  FileInfo info;
  for (WeightSource::Entry& entry : source->entries()) {
    info.metadata.push_back({std::move(entry.key), std::move(entry.type), std::move(entry.value)});
  }
  for (const TensorView& tensor : source->tensors()) {
    info.tensors.push_back({tensor.name, tensor.type.empty() ? std::string(tensor.format->name) : tensor.type,
                            tensor.shape, tensor.bytes.size()});
  }
  const Sizes sizes = sizes_of(*source);
  info.parameters = sizes.parameters;
  info.tensor_bytes = sizes.bytes;
  return info;
}

}  // namespace ondol
