#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "ondol/tasks.hpp"
#include "tasks/encoded.hpp"

namespace ondol {
namespace {

std::vector<Rating> ratings(const Model& model, const Encoded& encoded, const std::stop_token& stop, const char* call) {
  const std::size_t labels = model.info().labels.size();
  if (model.info().head == "sequence" && labels != 1) {
    fail(Status::unsupported, fmt::format("{}: the model has {} labels, expected a head with one", call, labels));
  }
  std::vector<Rating> out;
  for (const Tensor& logits : encoded.read(Output::classes, stop)) {
    const float raw = logits.values.front();
    out.push_back({.index = out.size(), .score = sigmoid(raw), .raw = raw});
  }
  return out;
}

}  // namespace

std::vector<std::vector<LabelScore>> classify(const Model& model, std::span<const TextPair> texts,
                                              const std::stop_token& stop) {
  Encoded encoded(model);
  for (const TextPair& text : texts) encoded.add(text.first, text.second);
  const std::vector<std::string>& labels = model.info().labels;
  std::vector<std::vector<LabelScore>> out;
  for (const Tensor& logits : encoded.read(Output::classes, stop)) {
    std::vector<float> scores = logits.values;
    if (labels.size() == 1 || model.info().multi_label) {
      std::ranges::transform(scores, scores.begin(), sigmoid);
    } else {
      softmax(scores);
    }
    std::vector<LabelScore>& own = out.emplace_back();
    for (std::size_t i = 0; i < labels.size(); ++i) own.push_back({labels[i], scores[i], logits.values[i]});
    std::ranges::stable_sort(own, [](const LabelScore& a, const LabelScore& b) { return a.logit > b.logit; });
  }
  return out;
}

std::vector<Rating> rerank(const Model& model, std::string_view query, std::span<const std::string> texts,
                           const std::stop_token& stop) {
  Encoded encoded(model);
  for (const std::string& text : texts) encoded.add(query, text);
  std::vector<Rating> out = ratings(model, encoded, stop, "rerank");
  std::ranges::stable_sort(out, [](const Rating& a, const Rating& b) { return a.raw > b.raw; });
  return out;
}

std::vector<Rating> reward(const Model& model, std::string_view prompt, std::span<const std::string> replies,
                           const std::stop_token& stop) {
  Encoded encoded(model);
  for (const std::string& reply : replies) {
    if (!model.has_chat_template()) {
      encoded.add(prompt, reply);
      continue;
    }
    const Json messages = Json::array({Json::object({{"role", "user"}, {"content", prompt}}),
                                       Json::object({{"role", "assistant"}, {"content", reply}})});
    RenderOptions options;
    options.add_generation_prompt = false;
    encoded.add_ids(model.chat_template().encode(model.tokenizer(), messages.dump(), options));
  }
  return ratings(model, encoded, stop, "reward");
}

}  // namespace ondol
