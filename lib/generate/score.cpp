#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"
#include "generate/log_softmax.hpp"
#include "generate/prompt.hpp"
#include "generate/start.hpp"
#include "kernels/kernels.hpp"
#include "ondol/generate.hpp"

namespace ondol {
namespace {

/// Positions computed at a time, so that the logits of a long text take little memory.
constexpr std::size_t chunk = 64;

/// Negative log-likelihood of ids[first ..] given all before, first >= 1.
std::vector<float> nll_from(const Model& model, KVCache cache, std::span<const Token> ids, std::size_t first,
                            const std::stop_token& stop) {
  if (ids.size() > model.context()) {
    fail(Status::context_full,
         fmt::format("score: the text has {} tokens, the context {} positions", ids.size(), model.context()));
  }
  const ElementwiseKernels& kernels = *ondol::kernels(model.runtime().state()->isa).elementwise;
  const auto forward = [&](std::size_t begin, std::size_t end, Want want) {
    const Step step{cache, ids.subspan(begin, end - begin), want};
    return std::move(model.forward({&step, 1}, stop).front().logits);
  };
  std::vector<float> nll;
  nll.reserve(ids.size() - first);
  if (first == ids.size()) return nll;
  if (first > 1) static_cast<void>(forward(0, first - 1, {.logits = Want::Logits::none}));
  for (std::size_t begin = first - 1; begin + 1 < ids.size();) {
    const std::size_t end = std::min(begin + chunk, ids.size() - 1);
    const Tensor logits = forward(begin, end, {.logits = Want::Logits::all});
    for (std::size_t i = begin; i < end; ++i) {
      nll.push_back(-LogSoftmax(logits.row(i - begin), kernels)(static_cast<std::size_t>(ids[i + 1])));
    }
    begin = end;
  }
  return nll;
}

std::vector<Token> some_ids(const Model& model, const Prompt& prompt, Place place, const char* what) {
  std::vector<Token> ids = prompt_ids(model, prompt, place);
  if (ids.empty()) fail(Status::invalid_argument, fmt::format("score: the {} is empty", what));
  return ids;
}

}  // namespace

double Score::sum() const noexcept {
  double sum = 0;
  for (const float value : nll) sum -= double{value};
  return sum;
}

double Score::perplexity() const noexcept {
  return nll.empty() ? 1.0 : std::exp(-sum() / static_cast<double>(nll.size()));
}

Score score(const Model& model, const Prompt& text, const std::stop_token& stop) {
  Score result;
  result.ids = some_ids(model, text, Place::start, "text");
  result.nll = nll_from(model, model.new_cache(), result.ids, 1, stop);
  return result;
}

Score score(const Model& model, const Prompt& prompt, const Prompt& continuation, const std::stop_token& stop) {
  const bool source = model.info().kind == ModelKind::encoder_decoder;
  Start start = source ? std::move(starts(model, {&prompt, 1}, stop).front())
                       : Start{model.new_cache(), some_ids(model, prompt, Place::start, "prompt")};
  const std::size_t first = start.tokens.size();
  Score result;
  if (const auto* text = std::get_if<std::string>(&continuation); text && source) {
    result.ids = model.tokenizer().encode(*text, {.fit_length = false});  // with its end token
  } else {
    result.ids = some_ids(model, continuation, Place::later, "continuation");
  }
  start.tokens.insert(start.tokens.end(), result.ids.begin(), result.ids.end());
  result.nll = nll_from(model, std::move(start.cache), start.tokens, first, stop);
  return result;
}

}  // namespace ondol
