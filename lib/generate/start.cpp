#include "generate/start.hpp"

#include <fmt/format.h>

#include "base/fail.hpp"
#include "generate/prompt.hpp"

namespace ondol {
namespace {

/// A source's ids: text with the start and end tokens that the file asks for.
std::vector<Token> source_ids(const Model& model, const Prompt& prompt) {
  if (const auto* ids = std::get_if<std::vector<Token>>(&prompt)) return *ids;
  return model.tokenizer().encode(std::get<std::string>(prompt), {.fit_length = false});
}

Token decoder_start(const Model& model) {
  if (const auto id = model.generation_defaults().decoder_start) return *id;
  fail(Status::bad_file, fmt::format("{}: neither generation_config.json nor config.json has decoder_start_token_id",
                                     model.info().architecture));
}

std::vector<Start> source_starts(const Model& model, std::span<const Prompt> prompts, const std::stop_token& stop) {
  const Token first = decoder_start(model);
  std::vector<std::vector<Token>> ids;
  for (const Prompt& prompt : prompts) {
    ids.push_back(source_ids(model, prompt));
    if (ids.back().empty()) {
      fail(Status::invalid_argument, fmt::format("prompt {} is empty: expected at least one token", ids.size() - 1));
    }
  }
  std::vector<WholeText> sources;
  for (const auto& tokens : ids) sources.push_back({.tokens = tokens});
  std::vector<KVCache> caches = model.new_caches(sources, stop);
  std::vector<Start> out;
  for (KVCache& cache : caches) out.push_back({std::move(cache), {first}});
  return out;
}

}  // namespace

std::vector<Start> starts(const Model& model, std::span<const Prompt> prompts, const std::stop_token& stop) {
  if (model.info().kind == ModelKind::encoder_decoder) return source_starts(model, prompts, stop);
  std::vector<Start> out;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    try {
      std::vector<Token> ids = prompt_ids(model, prompts[i], Place::start);
      check_room(ids.size(), 0, model.context());
      out.push_back({model.new_cache(), std::move(ids)});
    } catch (const Error& error) {
      if (prompts.size() == 1) throw;
      fail(error.code(), fmt::format("prompts[{}]: {}", i, error.what()));
    }
  }
  return out;
}

GenerateOptions with_defaults(const Model& model, const GenerateOptions& options) {
  GenerateOptions out = options;
  if (model.info().kind != ModelKind::encoder_decoder) return out;
  const GenerationDefaults& defaults = model.generation_defaults();
  if (!out.forced_bos) out.forced_bos = defaults.forced_bos;
  if (!out.forced_eos) out.forced_eos = defaults.forced_eos;
  if (!defaults.banned.empty()) {
    auto& steps = out.sampler.steps;
    if (steps.empty()) steps.emplace_back(Greedy{});
    steps.insert(steps.begin(), BannedTokens{defaults.banned});
  }
  return out;
}

}  // namespace ondol
