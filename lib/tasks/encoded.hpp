#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ondol/model.hpp"

namespace ondol {

/// Encodings of texts, and what Model::read() takes of them.
class Encoded {
 public:
  explicit Encoded(const Model& model) : model_(model) {}

  void add(Encoding encoding);
  void add(std::string_view text, std::optional<std::string_view> pair = {});
  void add_ids(std::vector<Token> ids);
  [[nodiscard]] const std::vector<Encoding>& encodings() const noexcept { return encodings_; }
  /// @throws Error as Model::read().
  [[nodiscard]] std::vector<Tensor> read(Output output, const std::stop_token& stop,
                                         Progress* progress = nullptr) const;

 private:
  const Model& model_;
  std::vector<Encoding> encodings_;
};

/// Softmax of a row, in place; exponentials and their sum in double.
void softmax(std::span<float> row);
[[nodiscard]] float sigmoid(float x) noexcept;

/// Bytes of the characters [begin, end) of a text.
[[nodiscard]] std::string_view characters(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace ondol
