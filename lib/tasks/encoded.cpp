#include "tasks/encoded.hpp"

#include <algorithm>
#include <cmath>

namespace ondol {

void Encoded::add(Encoding encoding) { encodings_.push_back(std::move(encoding)); }

void Encoded::add(std::string_view text, std::optional<std::string_view> pair) {
  add(model_.tokenizer().encode_with_offsets(text, pair, {.fit_length = false}));
}

void Encoded::add_ids(std::vector<Token> ids) {
  Encoding encoding;
  encoding.ids = std::move(ids);
  add(std::move(encoding));
}

std::vector<Tensor> Encoded::read(Output output, const std::stop_token& stop, Progress* progress) const {
  std::vector<WholeText> texts;
  for (const Encoding& encoding : encodings_) {
    WholeText text{.tokens = encoding.ids};
    if (model_.info().token_types > 1) text.types = encoding.type_ids;  // others make no difference between texts
    texts.push_back(text);
  }
  return model_.read(texts, output, stop, progress);
}

void softmax(std::span<float> row) {
  const double largest = *std::ranges::max_element(row);
  double sum = 0;
  for (const float x : row) sum += std::exp(double{x} - largest);
  for (float& x : row) x = static_cast<float>(std::exp(double{x} - largest) / sum);
}

float sigmoid(float x) noexcept { return static_cast<float>(1 / (1 + std::exp(-double{x}))); }

std::string_view characters(std::string_view text, std::size_t begin, std::size_t end) {
  const auto byte_of = [&](std::size_t character) {
    std::size_t at = 0;
    for (std::size_t seen = 0; at < text.size(); ++at) {
      const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
      if (starts && seen++ == character) break;
    }
    return at;
  };
  const std::size_t first = byte_of(begin);
  return text.substr(first, byte_of(end) - first);
}

}  // namespace ondol
