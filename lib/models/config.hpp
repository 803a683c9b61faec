#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "files/weight_source.hpp"
#include "ondol/error.hpp"

namespace ondol {

/// A model's hyper-parameters under the names of Hugging Face's config.json, whatever file they come from; GGUF's keys
/// are translated (gguf_keys.hpp). Of a model that sees or hears too, those of its "text_config". Where model types spell a parameter differently (n_embd, d_model: hidden_size), any
/// of the spellings is found under the usual one. Every value is checked against what a model can have; messages name
/// it as its file does.
class Config {
 public:
  /// @throws Error bad_file: a GGUF file without general.architecture, a config.json without model_type.
  explicit Config(const WeightSource& source);
  /// What GGUF keys say (gguf_config) of a model of this architecture.
  Config(std::string path, std::string architecture, Json json)
      : path_(std::move(path)), model_type_(std::move(architecture)), gguf_(true), json_(std::move(json)) {}
  /// Parameters of a part ("text_config"); `json` is an object.
  Config(Json json, const Config& whole);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// "llama": config.json's model_type, or the GGUF architecture.
  [[nodiscard]] const std::string& model_type() const noexcept { return model_type_; }
  [[nodiscard]] bool is_gguf() const noexcept { return gguf_; }
  [[nodiscard]] const Json& json() const noexcept { return json_; }
  /// The first of `architectures`; empty if there is none ("BertForMaskedLM").
  [[nodiscard]] std::string architecture() const;

  /// The value, or nullptr where it is absent or null.
  [[nodiscard]] const Json* find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

  /// A whole number 1 .. most. @throws Error bad_file: absent or out of range.
  [[nodiscard]] std::size_t count(std::string_view name, std::size_t most = 1u << 24) const;
  /// The same, or `otherwise` when it is absent. Where `otherwise` is 0, the file may say 0 too.
  [[nodiscard]] std::size_t count_or(std::string_view name, std::size_t otherwise, std::size_t most = 1u << 24) const;
  /// A finite number > 0. @throws Error bad_file.
  [[nodiscard]] double positive(std::string_view name) const;
  [[nodiscard]] double positive_or(std::string_view name, double otherwise) const;
  /// A finite number. @throws Error bad_file.
  [[nodiscard]] double number_or(std::string_view name, double otherwise) const;
  [[nodiscard]] bool flag_or(std::string_view name, bool otherwise) const;
  [[nodiscard]] std::string text_or(std::string_view name, std::string_view otherwise) const;
  /// Arrays; empty when absent. @throws Error bad_file: no array of such items.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view name) const;  ///< booleans are 0 and 1
  [[nodiscard]] std::vector<double> numbers(std::string_view name) const;

  /// "llama.block_count", "num_hidden_layers": as the file spells it.
  [[nodiscard]] std::string spelled(std::string_view name) const;
  /// @throws Error bad_file: "<path>: <name> is <found>, expected <expected>".
  [[noreturn]] void refuse(std::string_view name, std::string_view expected, Status code = Status::bad_file) const;

 private:
  std::string path_;
  std::string model_type_;
  bool gguf_ = false;
  Json json_;
};

}  // namespace ondol
