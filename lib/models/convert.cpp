#include "ondol/convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/fail.hpp"
#include "base/mapped_file.hpp"
#include "files/gguf_writer.hpp"
#include "files/safetensors_writer.hpp"
#include "models/config.hpp"
#include "models/gguf/describe.hpp"
#include "models/gguf/keys.hpp"
#include "models/heads/head.hpp"
#include "models/naming.hpp"
#include "models/registry.hpp"
#include "models/storage_plan.hpp"
#include "models/written_config.hpp"
#include "runtime/state.hpp"
#include "text/folder_config.hpp"
#include "text/gguf/vocabulary_file.hpp"
#include "text/gguf/write_keys.hpp"
#include "text/tokenizer_files.hpp"

namespace ondol {
namespace {

namespace fs = std::filesystem;

constexpr const char* json_key = "tokenizer.huggingface.json";
constexpr const char* template_key = "tokenizer.chat_template";

/// Files of a folder that go into a GGUF file as they are, and their keys.
constexpr std::pair<std::string_view, std::string_view> attachments[] = {
    {"tokenizer.json", json_key},
    {"tokenizer_config.json", "ondol.tokenizer_config"},
    {"special_tokens_map.json", "ondol.special_tokens_map"},
    {"generation_config.json", "ondol.generation_config"},
    {"modules.json", "ondol.modules"},
    {"1_Pooling/config.json", "ondol.pooling"},
    {"chat_template.jinja", template_key},
};

GgufWriter::Value value_of(KeyType type, const Json& json) {
  switch (type) {
    case KeyType::count:
      if (json.is_array()) {  // a number each layer
        std::vector<std::int32_t> each;
        for (const Json& item : json.items()) each.push_back(static_cast<std::int32_t>(item.as_int64().value_or(0)));
        return each;
      }
      return static_cast<std::uint32_t>(json.as_uint64().value_or(0));
    case KeyType::number: return static_cast<float>(json.as_double().value_or(0));
    case KeyType::flag: return json.as_bool().value_or(false);
    case KeyType::flags: {
      std::vector<bool> flags;
      for (const Json& item : json.items()) flags.push_back(item.as_bool().value_or(false));
      return flags;
    }
    case KeyType::text: break;
  }
  return json.is_string() ? *json.as_string() : json.dump();
}

/// The numbers as a file will hold them, so that a recipe read back can be compared.
Json rounded(const Json& json) {
  if (json.kind() != Json::Kind::number) return json;
  return {static_cast<double>(static_cast<float>(*json.as_double()))};
}

void add_factors(const RopeRecipe& rope, GgufWriter& writer) {
  const auto add = [&](const char* name, std::vector<float> factors) {
    writer.tensor(name, *find_format("F32"), {factors.size()},
                  [factors](const GgufWriter::Put& put) { put(std::as_bytes(std::span(factors))); });
  };
  const RopeScaling& scaling = rope.scaling;
  if (scaling.kind == RopeScaling::Kind::llama3) {
    add("rope_freqs.weight", Rope::llama3_factors(rope.dimensions, rope.theta, scaling));
  } else if (scaling.kind == RopeScaling::Kind::longrope) {
    add("rope_factors_long.weight", scaling.long_factors);
    add("rope_factors_short.weight", scaling.short_factors);
  }
}

/// Gives the architecture that is written.
std::string describe_model(const Config& config, const Family& family, const std::vector<Weight>& weights,
                           GgufWriter& writer) {
  const Recipe recipe = family.recipe(config);
  std::string architecture(family.architecture);
  auto keys = describe(recipe, architecture);
  for (auto& [key, value] : keys) value = rounded(value);
  bool said = false;
  if (!architecture.empty()) {
    try {
      const Config again(config.path(), architecture, gguf_config(keys, [&](std::string_view name) {
                           return std::ranges::binary_search(weights, name, {},
                                                             [](const Weight& w) { return std::string_view(w.name); });
                         }));
      said = same_network(find_family(again).recipe(again), recipe);
    } catch (const Error&) {
      // The keys do not even make a model.
    }
  }
  if (!said) architecture = fmt::format("ondol.{}", family.model_type);
  writer.add("general.architecture", architecture);
  writer.add("general.name", fs::path(config.path()).lexically_normal().filename().string());
  writer.add("ondol.config", config.json().dump());
  for (const auto& [key, value] : keys) {
    writer.add(fmt::format("{}.{}", architecture, key), value_of(gguf_key_type(key), value));
  }
  if (said && !recipe.ropes.empty()) add_factors(recipe.ropes[0], writer);
  return architecture;
}

/// Leaves the layers out that predict further tokens.
void drop_predictors(const Recipe& recipe, std::vector<Weight>& weights) {
  for (std::size_t i = 0; i < recipe.predictors; ++i) {
    std::erase_if(weights, [&](const Weight& w) { return belongs_to_layer(w.name, recipe.layers.size() + i); });
  }
}

void attach_files(const std::string& folder, GgufWriter& writer) {
  std::error_code ignored;
  for (const auto& [name, key] : attachments) {
    const fs::path path = fs::path(folder) / name;
    if (!fs::is_regular_file(path, ignored)) continue;
    writer.add(std::string(key), std::string(MappedFile::open(path.string())->text()));
  }
  if (const auto own = text::folder_chat_template(folder)) writer.add(template_key, *own);
}

/// The tokenizer as it is, which is read again, and in the words of other readers of GGUF.
void describe_tokenizer(const std::string& folder, std::string_view architecture, const std::vector<Weight>& weights,
                        GgufWriter& writer) {
  const text::PortableTokenizer own = text::portable_tokenizer(folder);
  if (!own.json.empty()) writer.add(json_key, own.json);
  if (const std::string& model = own.sentence_piece; !model.empty()) {
    writer.add(text::gguf_sentence_piece_key, std::vector<std::uint8_t>(model.begin(), model.end()));
  }
  const auto rows = [&](std::string_view name) -> std::size_t {
    const auto found = std::ranges::find(weights, name, &Weight::name);
    return found == weights.end() ? 0 : found->rows();
  };
  const text::EmbeddingRows embeddings{.tokens = rows("token_embd.weight"), .types = rows("token_types.weight")};
  text::write_tokenizer_keys(folder, embeddings, writer);
  if (embeddings.tokens != 0) {
    writer.add(fmt::format("{}.vocab_size", architecture), std::uint32_t(embeddings.tokens));
  }
}

void add_tensors(const std::vector<Weight>& weights, const StoragePlan& plan, const Importance& importance,
                 const ConvertOptions& options, ThreadPool& pool, GgufWriter& writer) {
  for (const Weight& weight : weights) {
    if (!weight.format) continue;  // of a type that no weight has
    const Format& format = plan.format_for(weight);
    writer.tensor(weight.name, format, weight.shape,
                  [&weight, &format, &importance, &options, &pool](const GgufWriter::Put& put) {
                    if (options.stop.stop_requested()) fail(Status::cancelled, "converting was cancelled");
                    stored(weight, format, importance, pool, put);
                    if (options.progress) {
                      for (const TensorView* tensor : weight.sources) options.progress->done += tensor->bytes.size();
                    }
                  });
  }
}

void to_gguf(const WeightSource& source, const std::string& out, const ConvertOptions& options) {
  GgufWriter writer;
  std::vector<Weight> weights;
  if (source.config()) {
    const Config config(source);
    const Family& family = find_family(config);
    weights = canonical_weights(source, config, family);
    drop_predictors(family.recipe(config), weights);
    const std::string architecture = describe_model(config, family, weights, writer);
    attach_files(source.path(), writer);
    describe_tokenizer(source.path(), architecture, weights, writer);
  } else {
    for (const TensorView& tensor : source.tensors()) weights.push_back(as_weight(tensor));
    for (WeightSource::RawKey& key : source.raw_keys()) {
      if (!key.name.starts_with("split.")) writer.add(std::move(key.name), std::move(key.encoded));
    }
  }
  const Importance importance = options.importance.empty() ? Importance() : read_importance(options.importance);
  const StoragePlan plan(options.type, StoragePlan::layers_of(weights), importance);
  if (const std::uint32_t type = plan.file_type(); type != StoragePlan::unchanged)
    writer.add("general.file_type", type);
  Runtime::State::Turn turn(*options.runtime.state());
  add_tensors(weights, plan, importance, options, turn.pool(), writer);
  writer.write(out);
}

void to_folder(const WeightSource& source, const std::string& out, const ConvertOptions& options) {
  const Config config(source);
  const Json json = written_config(source, config, find_family(config));
  const Config own(json, config);
  const Family& family = family_of_type(own.model_type(), find_family(config));
  if (config.is_gguf() && !says_the_same(own, family, config)) {
    fail(Status::unsupported, fmt::format("{}: the keys say what config.json of a {}, as it is written here, does not",
                                          config.path(), family.model_type));
  }
  std::vector<Weight> weights = canonical_weights(source, config, family);
  drop_predictors(family.recipe(config), weights);
  const Naming naming = naming_of(family, own);
  std::error_code error;
  fs::create_directories(out, error);
  if (error) fail(Status::io, fmt::format("{}: {}", out, error.message()));
  SafetensorsWriter writer;
  const StoragePlan plan(options.type.empty() ? "float" : options.type, StoragePlan::layers_of(weights));
  Runtime::State::Turn turn(*options.runtime.state());
  for (const Weight& canonical : weights) {
    if (!canonical.format || is_rope_factor(canonical.name)) continue;  // these stand in config.json
    const Format& format = plan.format_for(canonical);
    const Weight plain = canonical.format->weights > 1 ? dequantised(canonical) : canonical;
    for (Weight& weight : checkpoint_weights(own, plain, weights, naming)) {
      weight.name = written_name(own, std::move(weight.name), canonical.name);
      auto held = std::make_shared<Weight>(std::move(weight));
      writer.tensor(held->name, format, held->shape,
                    [held, &format, &options, &turn](const SafetensorsWriter::Put& put) {
                      if (options.stop.stop_requested()) fail(Status::cancelled, "converting was cancelled");
                      stored(*held, format, {}, turn.pool(), put);
                      if (options.progress) options.progress->done += held->row_bytes() * held->rows();
                    });
    }
  }
  const auto text_file = [&](std::string_view name, std::string_view text) {
    fs::create_directories((fs::path(out) / name).parent_path(), error);
    ReplacingFile file((fs::path(out) / name).string());
    file.put(text);
    file.finish();
  };
  for (const auto& [name, key] : attachments) {
    if (const auto text = source.text(key)) text_file(name, *text);
  }
  if (const auto model = source.integers(text::gguf_sentence_piece_key)) {
    text_file("tokenizer.model", std::string(model->begin(), model->end()));
  }
  writer.write((fs::path(out) / "model.safetensors").string());
  text_file("config.json", json.dump({.indent = "  "}));
}

}  // namespace

void convert(std::string_view in, std::string_view out, const ConvertOptions& options) {
  const auto source = open_weights(in);
  if (options.progress) {
    std::uint64_t total = 0;
    for (const TensorView& tensor : source->tensors()) total += tensor.bytes.size();
    options.progress->total = total;
    options.progress->done = 0;
  }
  std::error_code ignored;
  if (fs::equivalent(fs::path(in), fs::path(out), ignored)) {
    fail(Status::invalid_argument, fmt::format("{}: the output would replace the input", out));
  }
  const std::string to(out);
  to.ends_with(".gguf") ? to_gguf(*source, to, options) : to_folder(*source, to, options);
}

std::vector<std::string> convert_types() { return StoragePlan::types(); }

}  // namespace ondol
