#include "ondol/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>

#include "base/fail.hpp"
#include "base/hash.hpp"
#include "cache/cache.hpp"
#include "files/weight_source.hpp"
#include "models/config.hpp"
#include "models/heads/head.hpp"
#include "models/heads/sentence.hpp"
#include "models/naming.hpp"
#include "models/registry.hpp"
#include "models/transformer.hpp"
#include "runtime/state.hpp"
#include "text/folder_config.hpp"
#include "text/tokenizer.hpp"

namespace ondol {
namespace {

/// A part of a model that may be missing or unusable while the rest works: holds it, or why not.
template <class T>
class Optional {
 public:
  template <class Make>
  void make(Make&& make_it) {
    try {
      value_ = make_it();
    } catch (const Error& e) {
      if (e.code() == Status::bad_file || e.code() == Status::out_of_memory) throw;
      reason_ = std::current_exception();
    }
  }
  [[nodiscard]] bool has() const noexcept { return value_.has_value(); }
  [[nodiscard]] const T& get() const {
    if (!value_) std::rethrow_exception(reason_);
    return *value_;
  }

 private:
  std::optional<T> value_;
  std::exception_ptr reason_;
};

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
    if (layout.type == CacheType::q8_0 && (layer.key_dim % 32 != 0 || layer.value_dim % 32 != 0)) {
      fail(Status::unsupported, fmt::format("{}: cache type q8_0 needs heads of a multiple of 32 dimensions, found {}",
                                            path, layer.key_dim));
    }
  }
  return layout;
}

}  // namespace

struct Model::Impl {
  explicit Impl(Runtime with) : runtime(std::move(with)) {}

  Runtime runtime;
  ModelInfo info;
  std::unique_ptr<Transformer> network;
  std::unique_ptr<Transformer> encoder;  ///< of an encoder-decoder
  std::unique_ptr<Head> head;            ///< for labels; may be null
  std::shared_ptr<const CacheLayout> layout;
  std::shared_ptr<const CacheLayout> encoder_layout;
  GenerationDefaults defaults;
  Optional<SentenceHead> sentence;
  Optional<Tokenizer> tokenizer;
  Optional<ChatTemplate> chat_template;

  [[nodiscard]] Compute compute(Runtime::State::Turn& turn) const {
    return {turn.pool(), kernels(runtime.state()->isa), turn.arena()};
  }
  void check_ids(std::span<const Token> ids) const {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= info.vocabulary) {
        fail(Status::invalid_argument,
             fmt::format("token {} at index {}: expected 0 .. {}", ids[i], i, info.vocabulary - 1));
      }
    }
  }
  /// The stack that reads whole texts; null in a decoder.
  [[nodiscard]] const Transformer* reader() const noexcept {
    return info.kind == ModelKind::encoder ? network.get() : encoder.get();
  }
  void require_language_head() const;
  void check_texts(std::span<const WholeText> texts) const;
  void check_output(Output output) const;
  [[nodiscard]] Tensor finish(const WholeText& text, const float* rows, Output output, Compute& compute) const;
  /// Calls use(index, rows behind the last norm) for each text, in the arena.
  template <class Use>
  void read_all(std::span<const WholeText> texts, const std::stop_token& stop, Progress* progress, Compute& compute,
                Use&& use) const;
  void check_steps(std::span<const Step> steps) const;
  void run_pass(std::span<const Segment> segments, std::span<const std::size_t> step_of,
                std::span<const std::size_t> offset_of, std::span<const Step> steps, std::vector<StepOutput>& outputs,
                const std::stop_token& stop, Compute& compute) const;
};

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

namespace {

CacheLayout encoder_layout(const Recipe& recipe) {
  CacheLayout layout{.layers = {}, .context = recipe.encoder.front().context, .type = CacheType::f32};
  layout.layers.resize(recipe.encoder.front().layers.size());
  return layout;
}

std::optional<Token> token_of(const Json* value) {
  const auto id = value ? value->as_uint64() : std::nullopt;
  return id && *id < 1u << 30 ? std::optional(static_cast<Token>(*id)) : std::nullopt;
}

/// Tokens of a number or a list of numbers.
std::vector<Token> tokens_of(const Json* value) {
  std::vector<Token> out;
  if (const auto one = token_of(value)) out.push_back(*one);
  for (std::size_t i = 0; value && i < value->items().size(); ++i) {
    const Json& item = value->items()[i];
    if (const auto id = token_of(item.size() == 1 ? &item.at(std::size_t{0}) : &item)) out.push_back(*id);
  }
  return out;
}

/// What config.json says of heads, labels and tokens: a GGUF file's own, where it went along.
Config description_of(const WeightSource& source, const Config& config) {
  const auto text = source.text("ondol.config");
  if (!text || !config.is_gguf()) return config;
  Json json = Json::parse(*text, source.path());
  return json.is_object() ? Config(std::move(json), config) : config;
}

Json generation_config(const WeightSource& source) {
  if (source.config()) return text::read_beside(source.path() + "/config.json", "generation_config.json");
  const auto text = source.text("ondol.generation_config");
  return text ? Json::parse(*text, source.path()) : Json();
}

/// generation_config.json counts before config.json, key by key.
GenerationDefaults defaults_of(const WeightSource& source, const Config& config) {
  const Json own = generation_config(source);
  const auto find = [&](std::string_view key) {
    const Json* value = own.find(key);
    return value && !value->is_null() ? value : config.find(key);
  };
  GenerationDefaults defaults;
  defaults.decoder_start = token_of(find("decoder_start_token_id"));
  if (!defaults.decoder_start) defaults.decoder_start = token_of(find("bos_token_id"));
  defaults.forced_bos = token_of(find("forced_bos_token_id"));
  defaults.forced_eos = token_of(find("forced_eos_token_id"));
  defaults.banned = tokens_of(find("bad_words_ids"));
  defaults.ends = tokens_of(find("eos_token_id"));
  return defaults;
}

std::vector<std::string> labels_of(const Config& config, std::size_t count) {
  std::vector<std::string> labels;
  const Json* names = config.find("id2label");
  for (std::size_t i = 0; i < count; ++i) {
    const Json* name = names ? names->find(std::to_string(i)) : nullptr;
    labels.push_back(name && name->is_string() ? *name->as_string() : fmt::format("LABEL_{}", i));
  }
  return labels;
}

constexpr const char* head_names[] = {"none", "language", "sequence", "tokens", "span"};

/// A model file taken apart: what it says, and what is bound to it.
struct Opened {
  Opened(std::string_view path, const LoadOptions& options)
      : source(open_weights(path)),
        config(*source),
        description(description_of(*source, config)),
        recipe(find_family(config).recipe(config)),
        binder(*source, canonical_weights(*source, config, naming_of(find_family(config), config)),
               options.precision),
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
  return {.architecture = opened.config.model_type(),
          .name = std::string(opened.source->text("general.name").value_or("")),
          .kind = !recipe.encoder.empty()  ? ModelKind::encoder_decoder
                  : recipe.both_directions ? ModelKind::encoder
                                           : ModelKind::decoder,
          .head = head_names[static_cast<std::size_t>(recipe.head.kind)],
          .labels = opened.head && recipe.head.kind != HeadKind::span ? labels_of(opened.description, opened.head->labels())
                                                                      : std::vector<std::string>{},
          .multi_label = opened.description.text_or("problem_type", "") == "multi_label_classification",
          .token_types = opened.network->embedding().types(),
          .context = recipe.context,
          .layers = recipe.layers.size(),
          .hidden_size = recipe.hidden_size,
          .intermediate_size = mlp ? mlp->intermediate_size : 0,
          .heads = attention.heads,
          .kv_heads = attention.kv_heads,
          .head_dim = attention.head_dim,
          .vocabulary = opened.network->vocabulary(),
          .tied_embeddings = opened.network->tied(),
          .parameters = sizes.parameters,
          .tensor_bytes = sizes.bytes};
}

}  // namespace

Model Model::load(std::string_view path, const LoadOptions& options) {
  Opened opened(path, options);
  const WeightSource& source = *opened.source;
  WeightBinder& binder = opened.binder;
  const auto& runtime = options.runtime.state();
  const std::uint64_t weights = binder.packed_bytes() + opened.network->embedding_bytes();
  if (const std::uint64_t limit = runtime->memory->limit();
      limit != 0 && runtime->memory->used() + weights > limit) {
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
  impl->sentence.make([&] {
    return SentenceHead(source, opened.config, options.precision, compute, runtime->memory);
  });
  turn.arena().release();
  return Model(std::move(impl));
}

MemoryEstimate Model::estimate(std::string_view path, const LoadOptions& options) {
  const Opened opened(path, options);
  const Sizes sizes = sizes_of(*opened.source);
  return {.parameters = sizes.parameters,
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

void Model::Impl::require_language_head() const {
  if (info.head == "language") return;
  fail(Status::unsupported,
       fmt::format("{}: the model has no head for logits over a vocabulary; its head is '{}'", info.architecture, info.head));
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
        fail(Status::invalid_argument, fmt::format("text {}: type {} at index {}, expected 0 .. {}", t, text.types[i], i,
                                                   types > 0 ? types - 1 : 0));
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
    impl_->read_all(texts, stop, progress, compute, [&](std::size_t t, const float* rows) {
      out[t] = impl_->finish(texts[t], rows, output, compute);
    });
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
    fail(Status::unsupported, fmt::format("{} is no encoder-decoder: its caches have no source", impl_->info.architecture));
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

FileInfo inspect(std::string_view path) {
  const auto source = open_weights(path);
  FileInfo info;
  for (WeightSource::Entry& entry : source->entries()) {
    info.metadata.push_back({std::move(entry.key), std::move(entry.type), std::move(entry.value)});
  }
  for (const TensorView& tensor : source->tensors()) {
    info.tensors.push_back(
        {tensor.name, tensor.type.empty() ? std::string(tensor.format->name) : tensor.type, tensor.shape,
         tensor.bytes.size()});
  }
  const Sizes sizes = sizes_of(*source);
  info.parameters = sizes.parameters;
  info.tensor_bytes = sizes.bytes;
  return info;
}

}  // namespace ondol
