#include <algorithm>

#include "base/fail.hpp"
#include "ondol/tasks.hpp"
#include "tasks/encoded.hpp"

namespace ondol {
namespace {

/// Indices of the tokens that stem from the second text: those of the first come before, and those that were added
/// around them belong to neither.
std::vector<std::size_t> of_second(const Model& model, const Encoding& encoding, std::string_view first) {
  std::size_t before = model.tokenizer().encode(first, {.add_special = false, .fit_length = false}).size();
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    if (encoding.special_mask[i] != 0) continue;
    if (before > 0) {
      --before;
    } else {
      out.push_back(i);
    }
  }
  return out;
}

}  // namespace

std::vector<Answer> answer(const Model& model, std::string_view question, std::string_view context, std::size_t count,
                           std::size_t max_tokens, const std::stop_token& stop) {
  Encoded encoded(model);
  encoded.add(question, context);
  const Encoding& encoding = encoded.encodings().front();
  const Tensor logits = std::move(encoded.read(Output::spans, stop).front());
  const std::vector<std::size_t> tokens = of_second(model, encoding, question);
  if (tokens.empty()) fail(Status::invalid_argument, "answer: the context is empty");
  std::vector<float> begins;
  std::vector<float> ends;
  for (const std::size_t i : tokens) {
    begins.push_back(logits.row(i)[0]);
    ends.push_back(logits.row(i)[1]);
  }
  softmax(begins);
  softmax(ends);
  struct Span {
    std::size_t begin;
    std::size_t end;
    float score;
  };
  std::vector<Span> best;  // best first
  for (std::size_t b = 0; b < tokens.size(); ++b) {
    for (std::size_t e = b; e < std::min(tokens.size(), b + max_tokens); ++e) {
      const float score = begins[b] * ends[e];
      if (best.size() == count && (count == 0 || score <= best.back().score)) continue;
      const auto worse = std::ranges::find_if(best, [&](const Span& other) { return other.score < score; });
      best.insert(worse, {b, e, score});
      if (best.size() > count) best.pop_back();
    }
  }
  std::vector<Answer> out;
  for (const Span& span : best) {
    const std::size_t begin = encoding.offsets[tokens[span.begin]].begin;
    const std::size_t end = encoding.offsets[tokens[span.end]].end;
    out.push_back({std::string(characters(context, begin, end)), begin, end, span.score});
  }
  return out;
}

}  // namespace ondol
