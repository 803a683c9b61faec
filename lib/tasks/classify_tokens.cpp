#include <algorithm>

#include "ondol/tasks.hpp"
#include "tasks/encoded.hpp"

namespace ondol {
namespace {

/// "B-PER": the entity PER begins; "I-PER" and "PER" go on with it.
struct Tag {
  std::string_view name;
  bool begins;
};
Tag tag_of(std::string_view label) {
  if (label.starts_with("B-")) return {label.substr(2), true};
  if (label.starts_with("I-")) return {label.substr(2), false};
  return {label, false};
}

std::vector<Entity> entities(const std::vector<std::string>& labels, const Encoding& encoding, Tensor& logits,
                             std::string_view text) {
  std::vector<Entity> out;
  std::vector<std::size_t> tokens;  // of each entity
  bool open = false;
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    if (encoding.special_mask[i] != 0) continue;
    const std::span<float> row = logits.row(i);
    softmax(row);
    const auto best = std::ranges::max_element(row);
    const Tag tag = tag_of(labels[std::size_t(best - row.begin())]);
    if (tag.name == "O") {
      open = false;
      continue;
    }
    if (!open || tag.begins || out.back().label != tag.name) {
      out.push_back({.label = std::string(tag.name), .begin = encoding.offsets[i].begin, .text = {}});
      tokens.push_back(0);
    }
    open = true;
    out.back().end = encoding.offsets[i].end;
    out.back().score += *best;
    ++tokens.back();
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].score /= static_cast<float>(tokens[i]);
    out[i].text = characters(text, out[i].begin, out[i].end);
  }
  return out;
}

}  // namespace

std::vector<std::vector<Entity>> classify_tokens(const Model& model, std::span<const std::string> texts,
                                                 const std::stop_token& stop) {
  Encoded encoded(model);
  for (const std::string& text : texts) encoded.add(text);
  std::vector<Tensor> logits = encoded.read(Output::labels, stop);
  std::vector<std::vector<Entity>> out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out.push_back(entities(model.info().labels, encoded.encodings()[i], logits[i], texts[i]));
  }
  return out;
}

}  // namespace ondol
