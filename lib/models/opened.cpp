#include "models/opened.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "base/hash.hpp"
#include "models/assumed_weights.hpp"
#include "models/description.hpp"
#include "models/naming.hpp"
#include "models/registry.hpp"
#include "models/storage_plan.hpp"

namespace ondol {
namespace {

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

WeightBinder make_binder(const WeightSource& source, const Config& config, const Recipe& recipe,
                         const LoadOptions& options, Opened::Weights weights) {
  if (weights == Opened::Weights::may_be_absent && source.config() && source.tensors().empty()) {
    const WeightBinder::Assume assume{.set_format =
                                          [plan = StoragePlan(options.quantize, recipe.layers.size()),
                                           &format = assumed_format(config)](Weight& weight) {
                                            weight.format = weight.rows() > 1 ? &format : find_format("F32");
                                            weight.format = &plan.format_for(weight);
                                          },
                                      .biases = assumed_biases(config, recipe)};
    std::vector<Weight> seen = assumed_weights(config, recipe);
    for (Weight& weight : seen) assume.set_format(weight);
    return {source, std::move(seen), options.precision, assume};
  }
  std::vector<Weight> all = canonical_weights(source, config, find_family(config));
  if (!options.quantize.empty()) {  // only planned: load() reads the quantised copy
    const StoragePlan plan(options.quantize, StoragePlan::layers_of(all));
    for (Weight& weight : all) {
      if (weight.format) weight.format = &plan.format_for(weight);
      weight.compact = nullptr;
    }
  }
  return {source, std::move(all), options.precision};
}

constexpr const char* head_names[] = {"none", "language", "sequence", "tokens", "span"};

}  // namespace

Opened::Opened(std::string_view path, const LoadOptions& options, Weights weights)
    : source(open_weights(path)),
      config(*source),
      description(description_of(*source, config)),
      recipe(find_family(config).recipe(config)),
      binder(make_binder(*source, config, recipe, options, weights)),
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
    const Recipe& its = recipe.encoder.front();
    encoder = std::make_unique<Transformer>(its, binder, &network->embedding());
    if (const std::size_t most = encoder->positions(); most != 0) {
      layout.source_context = std::min(layout.source_context, most);
    }
    encoder_layout = {
        .layers = std::vector<LayerCache>(its.layers.size()), .context = its.context, .type = CacheType::f32};
  }
  recipe.head.kind = head_kind(description, recipe, binder);
  if (recipe.head.kind == HeadKind::none || recipe.head.kind == HeadKind::tokens || binder.assumes()) {
    for (const char* name : {"cls.weight", "cls.bias"}) binder.ignore(name);  // a pooler that nothing asks for
  } else {
    head = std::make_unique<Head>(recipe, binder);
  }
  binder.check_all_used();
}

std::uint64_t Opened::weight_bytes() const noexcept { return binder.packed_bytes() + network->embedding_bytes(); }

std::uint64_t Opened::active_parameters() const { return parameters() - idle_parameters(recipe, binder); }

ModelInfo Opened::info() const {
  const Attention::Shape none;
  const Attention::Shape& attention = recipe.attention() ? *recipe.attention() : none;
  const auto* mlp = std::get_if<Mlp::Shape>(&recipe.layers.front().feed_forward);
  const auto* latent = std::get_if<LatentAttention::Shape>(&recipe.layers.front().mixer);
  const Experts::Shape* experts = recipe.experts();
  return {.architecture = config.model_type(),
          .name = std::string(source->text("general.name").value_or("")),
          .kind = !recipe.encoder.empty()  ? ModelKind::encoder_decoder
                  : recipe.both_directions ? ModelKind::encoder
                                           : ModelKind::decoder,
          .head = head_names[static_cast<std::size_t>(recipe.head.kind)],
          .labels = head && recipe.head.kind != HeadKind::span ? labels_of(description, head->labels())
                                                               : std::vector<std::string>{},
          .multi_label = description.text_or("problem_type", "") == "multi_label_classification",
          .token_types = network->embedding().types(),
          .context = recipe.context,
          .layers = recipe.layers.size(),
          .hidden_size = recipe.hidden_size,
          .intermediate_size = mlp       ? mlp->intermediate_size
                               : experts ? experts->intermediate_size
                                         : 0,
          .heads = latent ? latent->heads : attention.heads,
          .kv_heads = latent ? latent->heads : attention.kv_heads,
          .head_dim = latent ? latent->plain_dim + latent->rope_dim : attention.head_dim,
          .vocabulary = network->vocabulary(),
          .tied_embeddings = network->tied(),
          .experts = experts ? experts->router.experts : 0,
          .experts_used = experts ? experts->router.used : 0,
          .parameters = parameters(),
          .active_parameters = active_parameters(),
          .tensor_bytes = tensor_bytes(*source)};
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

std::uint64_t tensor_bytes(const WeightSource& source) noexcept {
  std::uint64_t sum = 0;
  for (const TensorView& tensor : source.tensors()) sum += tensor.bytes.size();
  return sum;
}

}  // namespace ondol
