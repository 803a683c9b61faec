#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "blocks/linear.hpp"
#include "models/config.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// How a text's hidden states become one vector, as the folder of a sentence-transformers model states it
/// (modules.json and the folders it names), or a GGUF file's pooling type. Where nothing is stated: the mean.
class SentenceHead {
 public:
  /// @throws Error bad_file; unsupported: a kind of module or pooling, by name.
  SentenceHead(const WeightSource& source, const Config& config, Precision precision, Compute& compute,
               const std::shared_ptr<MemoryAccount>& memory);

  /// Width of the vectors of hidden states of this width.
  [[nodiscard]] std::size_t width(std::size_t hidden_size) const noexcept;
  /// rows [count, hidden_size], of which the first `prompt` are a prompt's -> out [width()].
  void apply(const float* rows, std::size_t count, std::size_t prompt, std::size_t hidden_size, float* out,
             Compute& compute) const;

  [[nodiscard]] bool normalised() const noexcept { return normalise_; }
  /// Most tokens of a text; 0 = as many as the model reads.
  [[nodiscard]] std::size_t max_tokens() const noexcept { return max_tokens_; }
  /// Texts to put in front, by name; the default one's name is empty where there is none.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& prompts() const noexcept { return prompts_; }
  [[nodiscard]] const std::string& default_prompt() const noexcept { return default_prompt_; }
  [[nodiscard]] bool includes_prompt() const noexcept { return include_prompt_; }

 private:
  enum class Mode : std::uint8_t { first, mean, last, max, mean_sqrt_length, weighted_mean };
  struct Dense {
    std::size_t inputs;
    Linear linear;
    Activation activation;
  };
  void read_modules(const Json& modules, const WeightSource& source, Precision precision, Compute& compute,
                    const std::shared_ptr<MemoryAccount>& memory);
  void read_pooling(const Json& config, const std::string& where);
  void read_settings(const std::string& folder);
  void read_dense(const std::string& folder, Precision precision, Compute& compute,
                  const std::shared_ptr<MemoryAccount>& memory);
  void pool(Mode mode, const float* rows, std::size_t count, std::size_t hidden_size, float* out) const;

  std::vector<Mode> modes_;
  std::vector<Dense> dense_;
  bool normalise_ = false;
  bool include_prompt_ = true;
  std::size_t max_tokens_ = 0;
  std::vector<std::pair<std::string, std::string>> prompts_;
  std::string default_prompt_;
};

}  // namespace ondol
