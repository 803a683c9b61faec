#include "models/assumed_weights.hpp"

#include <algorithm>

namespace ondol {
namespace {

void add_embedding(const Config& config, const Recipe& recipe, std::vector<Weight>& to) {
  const std::size_t width = recipe.embedding_size ? recipe.embedding_size : recipe.hidden_size;
  const auto add = [&](const std::string& name, std::size_t rows, std::size_t columns) {
    to.push_back(
        {.name = recipe.prefix + name, .format = nullptr, .shape = {columns, rows}, .parts = {}, .sources = {}});
  };
  if (recipe.positions && recipe.position_kind == Positions::learned) {
    add("position_embd.weight", recipe.context + *recipe.positions,
        recipe.both_directions ? width : recipe.hidden_size);
  }
  if (const std::size_t types = config.count_or("type_vocab_size", 0)) add("token_types.weight", types, width);
}

}  // namespace

std::vector<Weight> assumed_weights(const Config& config, const Recipe& recipe) {
  std::vector<Weight> weights;
  const std::size_t vocabulary = config.count("vocab_size");
  const std::size_t width = recipe.embedding_size ? recipe.embedding_size : recipe.hidden_size;
  const auto add = [&](const char* name) {
    weights.push_back({.name = name, .format = nullptr, .shape = {width, vocabulary}, .parts = {}, .sources = {}});
  };
  add("token_embd.weight");
  if (!config.flag_or("tie_word_embeddings", true) && !recipe.both_directions) add("output.weight");
  if (width != recipe.hidden_size && !recipe.both_directions) {
    weights.push_back({.name = "output_projection.weight",
                       .format = nullptr,
                       .shape = {recipe.hidden_size, width},
                       .parts = {},
                       .sources = {}});
  }
  add_embedding(config, recipe, weights);
  if (!recipe.encoder.empty()) add_embedding(config, recipe.encoder.front(), weights);
  std::ranges::sort(weights, {}, &Weight::name);
  return weights;
}

bool assumed_biases(const Config& config, const Recipe& recipe) {
  if (config.has("no_bias")) return !config.flag_or("no_bias", false);
  bool said = false;
  for (const char* name : {"use_bias", "bias", "attention_bias", "mlp_bias", "use_qkv_bias", "enable_bias"}) {
    if (config.flag_or(name, false)) return true;
    said = said || config.has(name);
  }
  return !said && recipe.norm == NormKind::layer && recipe.attention();
}

const Format& assumed_format(const Config& config) {
  const std::string type = config.text_or("dtype", config.text_or("torch_dtype", "float32"));
  if (type == "bfloat16") return *find_format("BF16");
  return *find_format(type == "float16" ? "F16" : "F32");
}

}  // namespace ondol
