#include "models/heads/sentence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <limits>

#include "base/fail.hpp"
#include "base/mapped_file.hpp"
#include "files/printable.hpp"
#include "files/weight_source.hpp"
#include "kernels/elementwise.hpp"
#include "models/weight_binder.hpp"
#include "text/folder_config.hpp"

namespace ondol {
namespace {

bool flag(const Json& json, std::string_view name, bool otherwise = false) {
  const Json* value = json.find(name);
  return value ? value->as_bool().value_or(otherwise) : otherwise;
}

std::string text_of(const Json& json, std::string_view name) {
  const Json* value = json.find(name);
  return value && value->is_string() ? std::string(*value->as_string()) : std::string();
}

/// A folder inside of the model's, as its modules.json names it.
std::string inside(const std::string& folder, const std::string& name) {
  const std::filesystem::path path(name);
  const bool leaves = path.is_absolute() || std::ranges::find(path, "..") != path.end() || name.find('\0') != name.npos;
  if (leaves) {
    fail(Status::bad_file,
         fmt::format("{}: modules.json names the folder '{}', expected one inside", folder, printable(name)));
  }
  return (std::filesystem::path(folder) / path).string();
}

}  // namespace

SentenceHead::SentenceHead(const WeightSource& source, const Config& config, Precision precision, Compute& compute,
                           const std::shared_ptr<MemoryAccount>& memory) {
  const std::string list = source.path() + "/modules.json";
  if (source.config() && std::filesystem::exists(list)) {
    read_modules(Json::parse(MappedFile::open(list)->text(), list), source, precision, compute, memory);
    read_settings(source.path());
  } else if (const auto modules = source.text("ondol.modules")) {
    read_modules(Json::parse(*modules, source.path()), source, precision, compute, memory);
  } else if (config.is_gguf()) {
    constexpr Mode types[] = {Mode::mean, Mode::mean, Mode::first, Mode::last};  // llama.cpp's NONE, MEAN, CLS, LAST
    const std::size_t type = config.count_or("pooling_type", 0);
    modes_.push_back(type < std::size(types) ? types[type] : Mode::mean);
  }
  if (modes_.empty()) modes_.push_back(Mode::mean);
}

void SentenceHead::read_modules(const Json& modules, const WeightSource& source, Precision precision, Compute& compute,
                                const std::shared_ptr<MemoryAccount>& memory) {
  const std::string& folder = source.path();
  if (!modules.is_array())
    fail(Status::bad_file, fmt::format("{}: modules.json: expected an array of modules", folder));
  for (const Json& module : modules.items()) {
    const std::string type = text_of(module, "type");
    const std::string kind = type.substr(type.rfind('.') + 1);
    if (kind == "Transformer" || kind == "Dropout") continue;
    if (kind == "Normalize") {
      normalise_ = true;
    } else if (kind == "Pooling") {
      const auto own = source.text("ondol.pooling");
      const std::string path = inside(folder, text_of(module, "path"));
      read_pooling(own ? Json::parse(*own, folder) : text::read_beside(path + "/", "config.json"), path);
    } else if (kind == "Dense" && source.config()) {
      read_dense(inside(folder, text_of(module, "path")), precision, compute, memory);
    } else {
      fail(Status::unsupported, fmt::format("{}: modules.json: module {} cannot be run", folder, printable(type)));
    }
  }
}

void SentenceHead::read_settings(const std::string& folder) {
  const Json own = text::read_beside(folder + "/modules.json", "sentence_bert_config.json");
  if (const Json* most = own.find("max_seq_length")) max_tokens_ = most->as_uint64().value_or(0);
  const Json sentence = text::read_beside(folder + "/modules.json", "config_sentence_transformers.json");
  if (const Json* prompts = sentence.find("prompts"); prompts && prompts->is_object()) {
    for (const auto& [name, value] : prompts->members()) {
      if (value.is_string()) prompts_.emplace_back(name, *value.as_string());
    }
  }
  default_prompt_ = text_of(sentence, "default_prompt_name");
}

void SentenceHead::read_pooling(const Json& config, const std::string& where) {
  constexpr std::pair<std::string_view, Mode> names[] = {
      {"cls_token", Mode::first},
      {"max_tokens", Mode::max},
      {"mean_tokens", Mode::mean},
      {"mean_sqrt_len_tokens", Mode::mean_sqrt_length},
      {"weightedmean_tokens", Mode::weighted_mean},
      {"lasttoken", Mode::last},
  };
  for (const auto& [name, mode] : names) {
    if (flag(config, fmt::format("pooling_mode_{}", name))) modes_.push_back(mode);
  }
  constexpr std::pair<std::string_view, Mode> short_names[] = {
      {"cls", Mode::first},
      {"max", Mode::max},
      {"mean", Mode::mean},
      {"mean_sqrt_len_tokens", Mode::mean_sqrt_length},
      {"weightedmean", Mode::weighted_mean},
      {"lasttoken", Mode::last},
  };
  if (const std::string said = text_of(config, "pooling_mode"); modes_.empty() && !said.empty()) {
    const auto* found = std::ranges::find(short_names, said, &std::pair<std::string_view, Mode>::first);
    if (found == std::end(short_names)) {
      fail(Status::unsupported, fmt::format("{}: pooling_mode is '{}', which is not known", where, printable(said)));
    }
    modes_.push_back(found->second);
  }
  include_prompt_ = flag(config, "include_prompt", true);
}

void SentenceHead::read_dense(const std::string& folder, Precision precision, Compute& compute,
                              const std::shared_ptr<MemoryAccount>& memory) {
  const auto source = open_weights(folder);
  const Json& config = *source->config();
  std::vector<Weight> weights;
  for (const TensorView& tensor : source->tensors()) weights.push_back(as_weight(tensor));
  std::ranges::sort(weights, {}, &Weight::name);
  WeightBinder binder(*source, std::move(weights), precision);
  const Weight& matrix = binder.at("linear.weight");
  constexpr std::pair<std::string_view, Activation> activations[] = {
      {"Identity", Activation::identity}, {"Tanh", Activation::tanh},       {"ReLU", Activation::relu},
      {"GELU", Activation::gelu},         {"Sigmoid", Activation::sigmoid}, {"SiLU", Activation::silu},
  };
  const std::string said = text_of(config, "activation_function");
  const std::string name = said.empty() ? "Tanh" : said.substr(said.rfind('.') + 1);
  const auto* found = std::ranges::find(activations, name, &std::pair<std::string_view, Activation>::first);
  if (found == std::end(activations)) {
    fail(Status::unsupported, fmt::format("{}: activation_function is '{}', which is not known", folder, printable(said)));
  }
  Dense dense{.inputs = matrix.columns(), .linear = {}, .activation = found->second};
  binder.linear("linear", matrix.rows(), matrix.columns(), dense.linear);
  binder.load(compute, memory, {}, nullptr);
  dense_.push_back(std::move(dense));
}

std::size_t SentenceHead::width(std::size_t hidden_size) const noexcept {
  return dense_.empty() ? modes_.size() * hidden_size : dense_.back().linear.outputs();
}

void SentenceHead::pool(Mode mode, const float* rows, std::size_t count, std::size_t n, float* out) const {
  if (mode == Mode::first || mode == Mode::last) {
    std::copy_n(rows + (mode == Mode::first ? 0 : count - 1) * n, n, out);
    return;
  }
  for (std::size_t k = 0; k < n; ++k) {
    double sum = 0;
    float largest = -std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < count; ++i) {
      const float x = rows[i * n + k];
      sum += double{x} * (mode == Mode::weighted_mean ? double(i + 1) : 1.0);
      largest = std::max(largest, x);
    }
    const auto size = double(count);
    switch (mode) {
      case Mode::max: out[k] = largest; break;
      case Mode::mean_sqrt_length: out[k] = static_cast<float>(sum / std::sqrt(size)); break;
      case Mode::weighted_mean: out[k] = static_cast<float>(sum / (size * (size + 1) / 2)); break;
      default: out[k] = static_cast<float>(sum / size);
    }
  }
}

void SentenceHead::apply(const float* rows, std::size_t count, std::size_t prompt, std::size_t hidden_size, float* out,
                         Compute& compute) const {
  const Arena::Scope scope(compute.arena);
  const std::size_t skip = include_prompt_ ? 0 : std::min(prompt, count - 1);
  std::size_t n = modes_.size() * hidden_size;
  auto* x = compute.arena.take<float>(n);
  for (std::size_t i = 0; i < modes_.size(); ++i) {
    pool(modes_[i], rows + skip * hidden_size, count - skip, hidden_size, x + i * hidden_size);
  }
  for (const Dense& dense : dense_) {
    if (dense.inputs != n) {
      fail(Status::bad_file, fmt::format("a Dense module takes {} values, but {} come to it", dense.inputs, n));
    }
    Activations in(x, 1, n, n);
    n = dense.linear.outputs();
    auto* made = compute.arena.take<float>(n);
    dense.linear.apply(in, made, compute);
    compute.kernels.elementwise->activate(dense.activation, made, n);
    x = made;
  }
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) squares += double{x[i]} * double{x[i]};
  const double length = normalise_ ? std::max(std::sqrt(squares), 1e-12) : 1;
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(x[i] / length);
}

}  // namespace ondol
