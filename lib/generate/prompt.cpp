#include "generate/prompt.hpp"

#include <fmt/format.h>

#include "base/fail.hpp"

namespace ondol {
namespace {

void check_ids(const std::vector<Token>& ids, std::size_t vocabulary, const char* what) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= vocabulary) {
      fail(Status::invalid_argument,
           fmt::format("{}: token {} at index {}, expected 0 .. {}", what, ids[i], i, vocabulary - 1));
    }
  }
}

}  // namespace

std::vector<Token> prompt_ids(const Model& model, const Prompt& prompt, Place place) {
  if (const auto* ids = std::get_if<std::vector<Token>>(&prompt)) {
    check_ids(*ids, model.info().vocabulary, "prompt");
    return *ids;
  }
  const Tokenizer& tokenizer = model.tokenizer();
  std::vector<Token> ids = tokenizer.encode(std::get<std::string>(prompt), {.add_special = false, .fit_length = false});
  if (place == Place::start && tokenizer.adds_bos() && tokenizer.bos()) ids.insert(ids.begin(), *tokenizer.bos());
  return ids;
}

void check_room(std::size_t tokens, std::size_t before, std::size_t context) {
  if (tokens == 0) fail(Status::invalid_argument, "the prompt is empty: expected at least one token");
  if (before >= context || tokens >= context - before) {
    fail(Status::context_full,
         before == 0
             ? fmt::format("the prompt has {} tokens, the context {} positions: no room for a reply", tokens, context)
             : fmt::format("{} tokens after {} positions, the context has {}: no room for a reply", tokens, before,
                           context));
  }
}

void check_options(const Model& model, const GenerateOptions& options) {
  const std::size_t vocabulary = model.info().vocabulary;
  options.sampler.check(vocabulary);
  check_ids(options.stop_ids, vocabulary, "stop_ids");
  for (const auto& [id, name] : {std::pair{options.forced_bos, "forced_bos"}, {options.forced_eos, "forced_eos"}}) {
    if (id.value_or(-1) >= 0) check_ids({*id}, vocabulary, name);
  }
  if (options.logprobs && *options.logprobs > vocabulary) {
    fail(Status::invalid_argument,
         fmt::format("logprobs is {}, expected at most the vocabulary's {}", *options.logprobs, vocabulary));
  }
  if (options.max_tokens != 0 && options.min_tokens > options.max_tokens) {
    fail(Status::invalid_argument,
         fmt::format("min_tokens is {}, expected at most max_tokens, {}", options.min_tokens, options.max_tokens));
  }
}

}  // namespace ondol
