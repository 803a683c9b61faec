#include "models/rope_config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <cmath>
#include <iterator>
#include <utility>

#include "base/fail.hpp"
#include "files/printable.hpp"

namespace ondol {
namespace {

using Kind = RopeScaling::Kind;

/// Members of an object that are numbers.
class Numbers {
 public:
  Numbers(const Config& config, std::string name, const Json* object)
      : config_(config), name_(std::move(name)), object_(object) {}

  [[nodiscard]] const Json* find(std::string_view key) const {
    const Json* value = object_ ? object_->find(key) : nullptr;
    return value && !value->is_null() ? value : nullptr;
  }
  [[nodiscard]] double positive_or(std::string_view key, double otherwise) const {
    const Json* value = find(key);
    if (!value) return otherwise;
    const auto x = value->as_double();
    const auto stored = static_cast<float>(x.value_or(0));  // as Config does
    if (!std::isfinite(stored) || stored <= 0) refuse(key, "a number above 0");
    return stored;
  }
  [[nodiscard]] std::vector<float> factors(std::string_view key, std::size_t pairs) const {
    const Json* value = find(key);
    std::vector<float> out;
    if (value) {
      for (const Json& item : value->items()) out.push_back(static_cast<float>(item.as_double().value_or(0)));
    }
    if (out.size() != pairs || !std::ranges::all_of(out, [](float x) { return std::isfinite(x) && x > 0; })) {
      refuse(key, fmt::format("{} numbers above 0", pairs));
    }
    return out;
  }
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const {
    const Json* value = find(key);
    fail(Status::bad_file, fmt::format("{}: {}.{} is {}, expected {}", config_.path(), name_, key,
                                       value ? printable_json(*value) : "missing", expected));
  }

 private:
  const Config& config_;
  std::string name_;
  const Json* object_;
};

void read_yarn(const Numbers& of, RopeScaling& s) {
  s.beta_fast = of.positive_or("beta_fast", 32);
  s.beta_slow = of.positive_or("beta_slow", 1);
  if (const Json* truncate = of.find("truncate")) s.truncate = truncate->as_bool().value_or(true);
  s.attention_factor = of.positive_or("attention_factor", 0);
  const double mscale = of.positive_or("mscale", 0);
  const double all = of.positive_or("mscale_all_dim", 0);
  if (all > 0 && s.factor > 1) {  // DeepSeek
    s.log_multiplier = static_cast<float>(0.1 * all);
    if (s.attention_factor == 0 && mscale > 0) {
      const double growth = std::log(s.factor);
      s.attention_factor = static_cast<float>((0.1 * mscale * growth + 1) / (s.log_multiplier * growth + 1));
    }
  }
}

RopeScaling scaling_of(const Config& c, const Numbers& of, std::string_view kind, std::size_t pairs) {
  RopeScaling s;
  if (kind == "default" || kind == "none" || kind == "mrope" || kind.empty()) return s;  // mrope: of texts the same
  s.factor = of.positive_or("factor", 1);
  if (kind == "linear") {
    s.kind = Kind::linear;
    return s;
  }
  const double context = static_cast<double>(c.count("max_position_embeddings", 1u << 30));
  const double stated = c.positive_or("original_max_position_embeddings", context);
  s.original_context = of.positive_or("original_max_position_embeddings", stated);
  if (kind == "dynamic") {
    s.kind = Kind::dynamic;
    s.original_context = context;
  } else if (kind == "yarn") {
    s.kind = Kind::yarn;
    read_yarn(of, s);
  } else if (kind == "llama3") {
    s.kind = Kind::llama3;
    s.low_frequency_factor = of.positive_or("low_freq_factor", 1);
    s.high_frequency_factor = of.positive_or("high_freq_factor", 4);
    if (s.high_frequency_factor <= s.low_frequency_factor) of.refuse("high_freq_factor", "more than low_freq_factor");
  } else if (kind == "longrope" || kind == "su") {
    s.kind = Kind::longrope;
    s.short_factors = of.factors("short_factor", pairs);
    s.long_factors = of.factors("long_factor", pairs);
    s.factor = of.positive_or("factor", context / s.original_context);
    s.attention_factor = of.positive_or("attention_factor", of.positive_or("short_mscale", 0));  // Phi 3.5 MoE's name
    s.long_attention_factor = of.positive_or("long_mscale", 0);
    if (s.long_attention_factor == s.attention_factor) s.long_attention_factor = 0;
  } else {
    fail(Status::unsupported, fmt::format("{}: scaling of the rotary embedding is '{}'; known are linear, dynamic, "
                                          "yarn, llama3 and longrope",
                                          c.path(), printable(kind)));
  }
  return s;
}

std::string text_of(const Numbers& of, std::string_view key) {
  const Json* value = of.find(key);
  return value && value->is_string() ? *value->as_string() : "";
}

RopeScaling gguf_scaling(const Config& c) {
  RopeScaling s;
  const std::string kind = c.text_or("rope_scaling_type", c.has("rope_scaling_factor") ? "linear" : "none");
  if (kind == "none") return s;
  if (kind == "longrope") {  // its factors are tensors
    s.kind = Kind::longrope;
    s.original_context = c.positive("rope_original_context");
    s.factor = c.positive("max_position_embeddings") / s.original_context;
    s.attention_factor = c.positive_or("rope_attn_factor", 0);
    return s;
  }
  if (kind != "linear" && kind != "yarn") {
    fail(Status::unsupported, fmt::format("{}: {} is '{}', expected none, linear, longrope or yarn", c.path(),
                                          c.spelled("rope_scaling_type"), printable(kind)));
  }
  s.kind = kind == "linear" ? Kind::linear : Kind::yarn;
  s.factor = c.positive_or("rope_scaling_factor", 1);
  if (s.kind == Kind::yarn) {
    s.original_context = c.positive_or("rope_original_context", c.positive("max_position_embeddings"));
    s.beta_fast = c.positive_or("rope_beta_fast", s.beta_fast);
    s.beta_slow = c.positive_or("rope_beta_slow", s.beta_slow);
    // Two keys for a factor on top of YaRN's own one.
    const double on_top = c.positive_or("rope_attn_factor", 1) * c.positive_or("rope_yarn_attn_factor", 1);
    if (c.has("rope_yarn_log_multiplier")) {  // DeepSeek: the angles have none of YaRN's own factor
      s.log_multiplier = c.number_or("rope_yarn_log_multiplier", 0);
      s.attention_factor = on_top;
    } else if (on_top != 1) {
      s.attention_factor = on_top * (s.factor > 1 ? 0.1 * std::log(s.factor) + 1 : 1);
    }
  }
  return s;
}

/// The part of a head that is rotated where config.json states none: what transformers' configurations say of the model
/// type.
double usual_part(const Config& c) {
  static constexpr std::pair<std::string_view, double> parts[] = {
      {"bamba", 0.5},   {"glm4", 0.5}, {"glm4_moe", 0.5},    {"gpt_neox", 0.25},
      {"nemotron", 0.5}, {"phi", 0.5},  {"qwen3_next", 0.25}, {"recurrent_gemma", 0.5},
      {"stablelm", 0.25}};
  const auto* found = std::ranges::find(parts, c.model_type(), &std::pair<std::string_view, double>::first);
  return found == std::end(parts) ? 1 : found->second;
}

std::size_t check_dimensions(const Config& c, std::size_t dimensions, std::size_t head_dim, std::string_view name) {
  if (dimensions % 2 != 0 || dimensions == 0 || dimensions > head_dim) {
    fail(Status::bad_file, fmt::format("{}: {} is {}, expected an even number up to {}", c.path(), c.spelled(name),
                                       dimensions, head_dim));
  }
  return dimensions;
}

}  // namespace

RopeRecipe rope_of(const Config& c, std::size_t head_dim, double default_theta, std::string_view kind) {
  RopeRecipe rope;
  if (c.is_gguf() && !c.has("rope_parameters")) {
    rope.dimensions = check_dimensions(c, c.count_or("rope_dimensions", head_dim, 512), head_dim, "rope_dimensions");
    const bool local = kind == "sliding_attention" && c.has("rope_local_base_freq");
    rope.theta = local ? c.positive("rope_local_base_freq") : c.positive_or("rope_theta", default_theta);
    if (!local) rope.scaling = gguf_scaling(c);
    return rope;
  }
  const Json* parameters = c.find("rope_parameters");
  if (parameters) {
    if (const Json* own = parameters->find(kind); own && own->is_object()) parameters = own;
  }
  const Json* scaling = parameters ? parameters : c.find("rope_scaling");
  const Numbers of(c, parameters ? "rope_parameters" : "rope_scaling", scaling);
  double theta = c.positive_or("rope_theta", c.positive_or("rotary_emb_base", default_theta));
  bool scaled = true;
  if (!parameters && kind == "sliding_attention" && c.has("rope_local_base_freq")) {
    theta = c.positive("rope_local_base_freq");
    scaled = false;
  }
  rope.theta = of.positive_or("rope_theta", theta);
  const double part = of.positive_or("partial_rotary_factor",
                                     c.positive_or("partial_rotary_factor", c.positive_or("rotary_pct", usual_part(c))));
  const double dimensions = part * static_cast<double>(head_dim);
  if (!(part <= 1)) of.refuse("partial_rotary_factor", "a number up to 1");
  rope.dimensions = check_dimensions(c, static_cast<std::size_t>(dimensions), head_dim, "partial_rotary_factor");
  const std::string type = text_of(of, "rope_type").empty() ? text_of(of, "type") : text_of(of, "rope_type");
  if (scaled) rope.scaling = scaling_of(c, of, type, rope.dimensions / 2);
  return rope;
}

}  // namespace ondol
