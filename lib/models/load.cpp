#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/fail.hpp"
#include "models/description.hpp"
#include "models/model_impl.hpp"
#include "models/opened.hpp"
#include "models/quantised_copy.hpp"
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

}  // namespace

Model Model::load(std::string_view path, const LoadOptions& options) {
  if (!options.quantize.empty()) {
    LoadOptions as_it_is = options;
    as_it_is.quantize.clear();
    return load(quantised_copy(path, options), as_it_is);
  }
  Opened opened(path, options);
  const WeightSource& source = *opened.source;
  const auto& runtime = options.runtime.state();
  const std::uint64_t weights = opened.weight_bytes();
  if (const std::uint64_t limit = runtime->memory->limit(); limit != 0 && runtime->memory->used() + weights > limit) {
    fail(Status::out_of_memory, fmt::format("{}: the weights take {} bytes, {} of the memory limit of {} are in use",
                                            source.path(), weights, runtime->memory->used(), limit));
  }
  auto impl = std::make_shared<Impl>(options.runtime);
  impl->info = opened.info();
  impl->layout = std::make_shared<const CacheLayout>(opened.layout);
  impl->network = std::move(opened.network);
  impl->encoder = std::move(opened.encoder);
  impl->head = std::move(opened.head);
  if (impl->encoder) impl->encoder_layout = std::make_shared<const CacheLayout>(opened.encoder_layout);
  impl->defaults = defaults_of(source, opened.description);
  impl->tokenizer.make([&] { return tokenizer_of(source, options.tokenizer); });
  if (impl->tokenizer.has() && impl->tokenizer.get().size() > impl->info.vocabulary) {
    fail(Status::bad_file, fmt::format("{}: {} tokens in the vocabulary, but {} rows in the embedding", source.path(),
                                       impl->tokenizer.get().size(), impl->info.vocabulary));
  }
  impl->chat_template.make([&] { return chat_template_of(source); });

  Runtime::State::Turn turn(*runtime);
  Compute compute = impl->compute(turn);
  opened.binder.load(compute, runtime->memory, options.stop, options.progress.get());
  impl->network->load_embedding(runtime->memory);
  if (impl->encoder) impl->encoder->load_embedding(runtime->memory);
  impl->sentence.make([&] { return SentenceHead(source, opened.config, options.precision, compute, runtime->memory); });
  turn.arena().release();
  return Model(std::move(impl));
}

MemoryEstimate Model::estimate(std::string_view path, const LoadOptions& options) {
  const Opened opened(path, options, Opened::Weights::may_be_absent);
  const CacheLayout& layout = opened.layout;
  std::uint64_t scratch = opened.network->scratch_bytes(layout.context);
  if (opened.encoder) scratch = std::max(scratch, opened.encoder->scratch_bytes(layout.source_context));
  return {.parameters = opened.parameters(),
          .active_parameters = opened.active_parameters(),
          .file_bytes = tensor_bytes(*opened.source),
          .weights_bytes = opened.weight_bytes(),
          .cache_bytes = layout.bytes_at(layout.context),
          .position_bytes = layout.position_bytes(),
          .state_bytes = layout.state_bytes(),
          .scratch_bytes = (scratch + Arena::smallest - 1) / Arena::smallest * Arena::smallest +
                           layout.spare_bytes_at(layout.context)};
}

}  // namespace ondol
