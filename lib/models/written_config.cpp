#include "models/written_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"
#include "models/weight.hpp"

namespace ondol {
namespace {

/// GGUF files carry these factors of a rotary embedding as tensors; layers that predict further tokens stay behind.
Recipe without_factors(Recipe recipe) {
  recipe.predictors = 0;
  for (RopeRecipe& rope : recipe.ropes) {
    if (rope.scaling.kind == RopeScaling::Kind::llama3) rope.scaling = {};
    rope.scaling.short_factors.clear();
    rope.scaling.long_factors.clear();
  }
  return recipe;
}

/// Llama 3's scaling, of which GGUF files hold the divisors only.
RopeScaling llama3_scaling(const std::string& path, const RopeRecipe& rope, const std::vector<float>& divisors) {
  RopeScaling scaling{.kind = RopeScaling::Kind::llama3, .factor = double{divisors.back()}};
  scaling.low_frequency_factor = 1;  // those of every model that has been published
  scaling.high_frequency_factor = 4;
  scaling.original_context = 8192;
  const auto expected = Rope::llama3_factors(rope.dimensions, rope.theta, scaling);
  const auto near = [](float x, float y) { return std::fabs(x - y) <= 1e-4f * y; };
  if (!std::ranges::equal(divisors, expected, near)) {
    fail(Status::unsupported, fmt::format("{}: config.json cannot say the factors in tensor rope_freqs.weight", path));
  }
  return scaling;
}

/// rope_scaling of config.json, of a GGUF file; null if there is none.
Json rope_scaling(const WeightSource& source, const RopeRecipe& rope) {
  using Kind = RopeScaling::Kind;
  const auto factors = [&](const char* name) {
    const TensorView* tensor = source.find(name);
    return tensor ? as_weight(*tensor).values() : std::vector<float>();
  };
  const auto json = [](const std::vector<float>& values) { return Json(Json::Array(values.begin(), values.end())); };
  const auto divisors = factors("rope_freqs.weight");
  const RopeScaling s = divisors.empty() ? rope.scaling : llama3_scaling(source.path(), rope, divisors);
  static constexpr std::string_view names[] = {"", "linear", "dynamic", "yarn", "llama3", "longrope"};
  static_assert(static_cast<int>(Kind::longrope) == 5);
  if (s.kind == Kind::none) return {};
  std::vector<Json::Member> members = {{"rope_type", Json(names[static_cast<std::size_t>(s.kind)])},
                                       {"factor", s.factor}};
  if (s.kind != Kind::linear) members.emplace_back("original_max_position_embeddings", s.original_context);
  if (s.attention_factor > 0) members.emplace_back("attention_factor", s.attention_factor);
  if (s.kind == Kind::yarn) {
    members.emplace_back("beta_fast", s.beta_fast);
    members.emplace_back("beta_slow", s.beta_slow);
    if (s.log_multiplier > 0) members.emplace_back("mscale_all_dim", 10.0 * s.log_multiplier);
  } else if (s.kind == Kind::llama3) {
    members.emplace_back("low_freq_factor", s.low_frequency_factor);
    members.emplace_back("high_freq_factor", s.high_frequency_factor);
  } else if (s.kind == Kind::longrope) {
    members.emplace_back("long_factor", json(factors("rope_factors_long.weight")));
    members.emplace_back("short_factor", json(factors("rope_factors_short.weight")));
  }
  return Json::object(std::move(members));
}

/// Which layers have a window, and the rotary embedding of those.
void add_layer_kinds(const Recipe& recipe, std::vector<Json::Member>& to) {
  Json::Array kinds;
  std::size_t window = 0;
  for (const LayerRecipe& layer : recipe.layers) {
    const auto* shape = std::get_if<Attention::Shape>(&layer.mixer);
    const bool sliding = shape && shape->window > 0;
    if (sliding) window = shape->window;
    kinds.emplace_back(sliding ? "sliding_attention" : "full_attention");
  }
  if (window == 0) return;
  std::erase_if(to, [](const Json::Member& member) { return member.first == "sliding_window"; });
  to.emplace_back("sliding_window", window);
  to.emplace_back("use_sliding_window", true);
  to.emplace_back("layer_types", Json(std::move(kinds)));
  if (recipe.ropes.size() > 1) to.emplace_back("rope_local_base_freq", recipe.ropes[1].theta);
}

}  // namespace

Json written_config(const WeightSource& source, const Config& config, const Family& family) {
  if (const auto own = source.text("ondol.config")) return Json::parse(*own, source.path());
  const Recipe recipe = family.recipe(config);
  const std::string_view norm_eps = recipe.norm == NormKind::rms ? "rms_norm_eps" : "layer_norm_eps";
  std::vector<Json::Member> members;
  for (const auto& [name, value] : config.json().members()) {
    const bool absent = value.is_array() && std::ranges::all_of(value.items(), [](const Json& item) {
                          return item.as_bool() == std::optional(false);
                        });
    if (value.as_bool() != std::optional(false) && !absent)
      members.emplace_back(name == "norm_eps" ? norm_eps : name, value);
  }
  members.emplace_back("model_type", Json(family.model_type));
  if (const TensorView* tokens = source.find("token_embd.weight")) members.emplace_back("vocab_size", tokens->rows());
  members.emplace_back("tie_word_embeddings", !source.find("output.weight"));
  for (const auto& [name, key] : {std::pair("bos_token_id", "tokenizer.ggml.bos_token_id"),
                                  std::pair("eos_token_id", "tokenizer.ggml.eos_token_id")}) {
    if (const auto id = source.count(key)) members.emplace_back(name, *id);
  }
  const Attention::Shape* attention = recipe.attention();
  if (attention && !recipe.ropes.empty() && recipe.ropes.front().dimensions < attention->head_dim) {
    members.emplace_back("partial_rotary_factor",
                         double(recipe.ropes.front().dimensions) / double(attention->head_dim));
  }
  add_layer_kinds(recipe, members);
  if (family.model_type.starts_with("gemma") && attention) {
    members.emplace_back("query_pre_attn_scalar", 1 / (attention->scale * attention->scale));
  }
  if (family.model_type.starts_with("granite")) members.emplace_back("logits_scaling", 1 / recipe.logit_scale);
  if (!recipe.ropes.empty()) {
    Json scaling = rope_scaling(source, recipe.ropes.front());
    if (!scaling.is_null()) members.emplace_back("rope_scaling", std::move(scaling));
  }
  return Json::object(std::move(members));
}

bool same_network(const Recipe& a, const Recipe& b) { return without_factors(a) == without_factors(b); }

bool says_the_same(const Config& written, const Family& family, const Config& keys) {
  try {
    return same_network(family.recipe(written), find_family(keys).recipe(keys));
  } catch (const Error&) {
    return false;
  }
}

}  // namespace ondol
