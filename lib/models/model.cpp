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
#include "models/registry.hpp"
#include "models/transformer.hpp"
#include "runtime/state.hpp"
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
  const auto text = source.text("tokenizer.chat_template");
  if (!text) {
    fail(Status::no_chat_template,
         fmt::format("{}: the model has no chat template (tokenizer.chat_template)", source.path()));
  }
  return ChatTemplate(*text);
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
    hash.add(tensor.format->gguf_id);
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
    if (tensor.name != gguf_names.rope_factors) sizes.parameters += tensor.elements();
    sizes.bytes += tensor.bytes.size();
  }
  return sizes;
}

CacheLayout cache_layout(const Recipe& recipe, const LoadOptions& options, std::uint64_t fingerprint,
                         const std::string& path) {
  const CacheLayout layout{
      .fingerprint = fingerprint,
      .layers = recipe.layers,
      .kv_heads = recipe.attention.kv_heads,
      .head_dim = recipe.attention.head_dim,
      .context = options.context ? options.context : recipe.context,
      .type = options.cache_type.value_or(options.precision == Precision::exact ? CacheType::f32 : CacheType::f16)};
  if (layout.context > std::size_t{1} << 30) {
    fail(Status::invalid_argument, fmt::format("context: found {}, expected at most 2^30", layout.context));
  }
  if (layout.type == CacheType::q8_0 && layout.head_dim % 32 != 0) {
    fail(Status::unsupported, fmt::format("{}: cache type q8_0 needs heads of a multiple of 32 dimensions, found {}",
                                          path, layout.head_dim));
  }
  return layout;
}

}  // namespace

struct Model::Impl {
  explicit Impl(Runtime with) : runtime(std::move(with)) {}

  Runtime runtime;
  ModelInfo info;
  std::unique_ptr<Transformer> network;
  std::shared_ptr<const CacheLayout> layout;
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

Model Model::load(std::string_view path, const LoadOptions& options) {
  const auto source = open_weights(path);
  const Config config(*source);
  const Family& family = find_family(config);
  const Recipe recipe = family.recipe(config);
  const auto& runtime = options.runtime.state();

  auto impl = std::make_shared<Impl>(options.runtime);
  WeightBinder binder(*source, options.precision);
  impl->network = std::make_unique<Transformer>(recipe, family.names, *source, binder);
  impl->layout = std::make_shared<const CacheLayout>(
      cache_layout(recipe, options, fingerprint_of(*source, options.precision), source->path()));
  if (const std::uint64_t limit = runtime->memory->limit();
      limit != 0 && runtime->memory->used() + binder.packed_bytes() + impl->network->embedding_bytes() > limit) {
    fail(Status::out_of_memory,
         fmt::format("{}: the weights take {} bytes, {} of the memory limit of {} are in use", source->path(),
                     binder.packed_bytes() + impl->network->embedding_bytes(), runtime->memory->used(), limit));
  }
  const Sizes sizes = sizes_of(*source);
  impl->info = {.architecture = config.architecture(),
                .name = std::string(source->text("general.name").value_or("")),
                .context = recipe.context,
                .layers = recipe.layers,
                .hidden_size = recipe.hidden_size,
                .intermediate_size = recipe.mlp.intermediate_size,
                .heads = recipe.attention.heads,
                .kv_heads = recipe.attention.kv_heads,
                .head_dim = recipe.attention.head_dim,
                .vocabulary = impl->network->vocabulary(),
                .tied_embeddings = impl->network->tied(),
                .parameters = sizes.parameters,
                .tensor_bytes = sizes.bytes};

  impl->tokenizer.make([&] { return make_tokenizer(*source, options.tokenizer); });
  if (impl->tokenizer.has() && impl->tokenizer.get().size() > impl->info.vocabulary) {
    fail(Status::bad_file, fmt::format("{}: {} tokens in the vocabulary, but {} rows in the embedding", source->path(),
                                       impl->tokenizer.get().size(), impl->info.vocabulary));
  }
  impl->chat_template.make([&] { return chat_template_of(*source); });

  Runtime::State::Turn turn(*runtime);
  Compute compute = impl->compute(turn);
  binder.load(compute, runtime->memory, options.stop, options.progress.get());
  impl->network->load_embedding(runtime->memory);
  turn.arena().release();
  return Model(std::move(impl));
}

MemoryEstimate Model::estimate(std::string_view path, const LoadOptions& options) {
  const auto source = open_weights(path);
  const Config config(*source);
  const Family& family = find_family(config);
  const Recipe recipe = family.recipe(config);
  WeightBinder binder(*source, options.precision);
  const Transformer network(recipe, family.names, *source, binder);
  const CacheLayout layout = cache_layout(recipe, options, 0, source->path());
  const Sizes sizes = sizes_of(*source);
  const std::uint64_t blocks = (layout.context + cache_block - 1) / cache_block;
  return {.parameters = sizes.parameters,
          .file_weights = sizes.bytes,
          .packed_weights = binder.packed_bytes() + network.embedding_bytes(),
          .cache = blocks * layout.layers * layout.block_bytes(),
          .cache_per_position = layout.position_bytes(),
          .scratch = network.scratch_bytes(layout.context)};
}

const ModelInfo& Model::info() const noexcept { return impl_->info; }
const Runtime& Model::runtime() const noexcept { return impl_->runtime; }
std::size_t Model::context() const noexcept { return impl_->layout->context; }
bool Model::has_tokenizer() const noexcept { return impl_->tokenizer.has(); }
const Tokenizer& Model::tokenizer() const { return impl_->tokenizer.get(); }
bool Model::has_chat_template() const noexcept { return impl_->chat_template.has(); }
const ChatTemplate& Model::chat_template() const { return impl_->chat_template.get(); }
std::uint64_t Model::fingerprint() const noexcept { return impl_->layout->fingerprint; }
KVCache Model::new_cache() const { return make_cache(impl_->layout, impl_->runtime.state()->memory); }

void Model::Impl::check_steps(std::span<const Step> steps) const {
  if (steps.empty()) fail(Status::invalid_argument, "forward: the batch is empty");
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
      KVCache::Impl& cache = steps[s].cache.impl();
      cache.truncate(e.code() == Status::cancelled ? cache.length() : lengths[s]);
    }
    throw;
  } catch (...) {
    for (std::size_t s = 0; s < steps.size(); ++s) steps[s].cache.impl().truncate(lengths[s]);
    throw;
  }
  return outputs;
}

Tensor Model::embed(std::span<const Token> ids) const {
  impl_->check_ids(ids);
  Tensor out{ids.size(), impl_->info.hidden_size, std::vector<float>(ids.size() * impl_->info.hidden_size)};
  for (std::size_t i = 0; i < ids.size(); ++i) impl_->network->embed(ids[i], out.row(i).data());
  return out;
}

Tensor Model::head(const Tensor& hidden) const {
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

Tensor Model::logits(std::span<const Token> ids) const {
  KVCache cache = new_cache();
  const Step step{cache, ids, {.logits = Want::Logits::all}};
  return std::move(forward({&step, 1}).front().logits);
}

FileInfo inspect(std::string_view path) {
  const auto source = open_weights(path);
  FileInfo info;
  for (WeightSource::Entry& entry : source->entries()) {
    info.metadata.push_back({std::move(entry.key), std::move(entry.type), std::move(entry.value)});
  }
  for (const TensorView& tensor : source->tensors()) {
    info.tensors.push_back(
        {std::string(tensor.name), std::string(tensor.format->name), tensor.shape, tensor.bytes.size()});
  }
  const Sizes sizes = sizes_of(*source);
  info.parameters = sizes.parameters;
  info.tensor_bytes = sizes.bytes;
  return info;
}

}  // namespace ondol
