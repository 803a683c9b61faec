#include "models/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "base/fail.hpp"
#include "files/printable.hpp"
#include "models/gguf/keys.hpp"

namespace ondol {
namespace {

/// Other spellings of a parameter, in the order they are looked for.
struct Spelling {
  std::string_view name;
  std::initializer_list<std::string_view> others;
};
const Spelling spellings[] = {
    {"hidden_size", {"n_embd", "d_model", "dim"}},
    {"num_hidden_layers", {"n_layer", "n_layers", "num_layers"}},
    {"num_attention_heads", {"n_head", "n_heads", "num_heads"}},
    {"num_key_value_heads", {"num_kv_heads", "multi_query_group_num"}},
    {"intermediate_size", {"n_inner", "ffn_dim", "d_ff", "ffn_hidden_size", "hidden_dim"}},
    {"max_position_embeddings", {"n_positions", "max_seq_len", "n_ctx", "seq_length", "context_length"}},
    {"norm_eps", {"rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "layernorm_epsilon", "norm_epsilon"}},
    {"hidden_act", {"hidden_activation", "activation_function", "activation"}},
    {"num_experts", {"num_local_experts", "n_routed_experts", "moe_num_experts"}},
    {"num_experts_per_tok", {"moe_k", "num_experts_per_token"}},
    {"moe_intermediate_size", {"expert_intermediate_size"}},
    {"final_logit_softcapping", {"logits_soft_cap"}},
    {"ssm_conv_kernel", {"conv_kernel", "mamba_d_conv", "conv_L_cache", "conv1d_width", "linear_conv_kernel_dim"}},
    {"ssm_state_size", {"state_size", "mamba_d_state", "linear_key_head_dim"}},
    {"ssm_group_count", {"n_groups", "mamba_n_groups", "linear_num_key_heads"}},
    {"ssm_time_step_rank", {"time_step_rank", "mamba_dt_rank", "linear_num_value_heads"}},
    {"ssm_expand", {"expand", "mamba_expand"}},
    {"ssm_heads", {"mamba_n_heads", "num_heads", "mamba_num_heads"}},
    {"ssm_head_dim", {"mamba_d_head", "mamba_head_dim"}},
    {"n_shared_experts", {"moe_num_shared_experts", "num_shared_experts"}},
    {"first_k_dense_replace", {"moe_layer_start_index"}},
    {"interleave_moe_layer_step", {"moe_layer_interval"}},
};

Json parse_config(std::string_view text, const std::string& path) {
  try {
    return Json::parse(text, path + ": ondol.config");
  } catch (const Error& e) {
    fail(Status::bad_file, e.what());
  }
}

/// Of a model with more than a language model, the language model's parameters; what they do not say, the whole says.
Json text_part(const Json& config) {
  const Json* text = config.find("text_config");
  if (!text || !text->is_object() || !text->find("model_type")) return config;
  std::vector<Json::Member> members = text->members();
  for (const auto& [name, value] : config.members()) {
    if (!text->find(name) && !value.is_object()) members.emplace_back(name, value);
  }
  if (const Json* scheme = config.find("quantization_config"); scheme && !text->find("quantization_config")) {
    members.emplace_back("quantization_config", *scheme);
  }
  return Json::object(std::move(members));
}

}  // namespace

Config::Config(const WeightSource& source) : path_(source.path()) {
  const auto read = [&](const Json& config, const char* where) {
    json_ = text_part(config);
    const Json* type = json_.find("model_type");
    if (!type || !type->is_string()) fail(Status::bad_file, fmt::format("{}: {} has no model_type", path_, where));
    model_type_ = *type->as_string();
  };
  if (const Json* config = source.config()) {
    read(*config, "config.json");
    return;
  }
  const std::string_view kind = source.text("general.type").value_or("model");
  if (kind == "adapter" || kind == "imatrix") {
    fail(Status::unsupported, fmt::format("{}: this is {} of a model, not a model (general.type is '{}')", path_,
                                          kind == "adapter" ? "an adapter (LoRA)" : "an importance matrix", kind));
  }
  const auto name = source.text("general.architecture");
  if (!name || name->empty()) {
    fail(Status::bad_file, fmt::format("{}: general.architecture is missing, so this is no model file", path_));
  }
  if (name->starts_with("ondol.")) {  // a family that has no keys of its own: config.json goes along
    const auto config = source.text("ondol.config");
    if (!config) fail(Status::bad_file, fmt::format("{}: ondol.config is missing", path_));
    read(parse_config(*config, path_), "ondol.config");
    return;
  }
  gguf_ = true;
  model_type_ = *name;
  json_ = gguf_config(source, model_type_);
}

Config::Config(Json json, const Config& whole)
    : path_(whole.path_), model_type_(whole.model_type_), gguf_(whole.gguf_), json_(std::move(json)) {
  const Json* type = json_.find("model_type");
  if (!type || !type->is_string()) return;
  model_type_ = *type->as_string();
  gguf_ = false;  // a config.json, wherever it was kept
}

std::string Config::architecture() const {
  const std::vector<std::string> all = texts("architectures");
  return all.empty() ? "" : all.front();
}

const Json* Config::find(std::string_view name) const {
  const auto get = [&](std::string_view key) -> const Json* {
    const Json* value = json_.find(key);
    return value && !value->is_null() ? value : nullptr;
  };
  if (const Json* value = get(name)) return value;
  const auto* row = std::ranges::find(spellings, name, &Spelling::name);
  if (row == std::end(spellings)) return nullptr;
  for (const std::string_view other : row->others) {
    if (const Json* value = get(other)) return value;
  }
  return nullptr;
}

std::string Config::spelled(std::string_view name) const {
  if (gguf_) return gguf_key(name, model_type_);
  const auto* row = std::ranges::find(spellings, name, &Spelling::name);
  if (row != std::end(spellings) && !json_.find(name)) {
    for (const std::string_view other : row->others) {
      if (json_.find(other)) return std::string(other);
    }
  }
  return std::string(name);
}

void Config::refuse(std::string_view name, std::string_view expected, Status code) const {
  const Json* value = find(name);
  if (!value) fail(code, fmt::format("{}: {} is missing", path_, spelled(name)));
  fail(code, fmt::format("{}: {} is {}, expected {}", path_, spelled(name), printable_json(*value), expected));
}

std::size_t Config::count(std::string_view name, std::size_t most) const {
  const Json* value = find(name);
  const auto n = value ? value->as_uint64() : std::nullopt;
  if (!n || *n == 0 || *n > most) refuse(name, fmt::format("1 .. {}", most));
  return *n;
}

std::size_t Config::count_or(std::string_view name, std::size_t otherwise, std::size_t most) const {
  const Json* value = find(name);
  if (!value || (otherwise == 0 && value->as_uint64() == std::uint64_t{0})) return otherwise;
  return count(name, most);
}

double Config::number_or(std::string_view name, double otherwise) const {
  const Json* value = find(name);
  if (!value) return otherwise;
  const auto x = value->as_double();
  const auto stored =
      static_cast<float>(x.value_or(0));  // as GGUF files hold it: a converted model is the same to the bit
  if (!x || !std::isfinite(stored)) refuse(name, "a finite number");
  return stored;
}

double Config::positive(std::string_view name) const {
  const double x = number_or(name, 0);
  if (!(x > 0)) refuse(name, "a number above 0");
  return x;
}

double Config::positive_or(std::string_view name, double otherwise) const {
  return has(name) ? positive(name) : otherwise;
}

bool Config::flag_or(std::string_view name, bool otherwise) const {
  const Json* value = find(name);
  if (!value) return otherwise;
  const auto flag = value->as_bool();
  if (!flag) refuse(name, "true or false");
  return *flag;
}

std::string Config::text_or(std::string_view name, std::string_view otherwise) const {
  const Json* value = find(name);
  if (!value) return std::string(otherwise);
  if (!value->is_string()) refuse(name, "a string");
  return *value->as_string();
}

std::vector<std::string> Config::texts(std::string_view name) const {
  std::vector<std::string> out;
  const Json* value = find(name);
  if (!value) return out;
  if (!value->is_array()) refuse(name, "an array of strings");
  for (const Json& item : value->items()) {
    if (!item.is_string()) refuse(name, "an array of strings");
    out.push_back(*item.as_string());
  }
  return out;
}

std::vector<std::int64_t> Config::integers(std::string_view name) const {
  std::vector<std::int64_t> out;
  const Json* value = find(name);
  if (!value) return out;
  if (!value->is_array()) refuse(name, "an array of whole numbers");
  for (const Json& item : value->items()) {
    const auto flag = item.as_bool();
    const auto n = flag ? std::optional<std::int64_t>(*flag) : item.as_int64();
    if (!n) refuse(name, "an array of whole numbers");
    out.push_back(*n);
  }
  return out;
}

std::vector<double> Config::numbers(std::string_view name) const {
  std::vector<double> out;
  const Json* value = find(name);
  if (!value) return out;
  if (!value->is_array()) refuse(name, "an array of numbers");
  for (const Json& item : value->items()) {
    const auto x = item.as_double();
    if (!x || !std::isfinite(*x)) refuse(name, "an array of finite numbers");
    out.push_back(*x);
  }
  return out;
}

}  // namespace ondol
