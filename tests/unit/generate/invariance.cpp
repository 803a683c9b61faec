// One answer whatever the threads, the batch mates, the cut of the prompt or the way of the cache: bit for bit, on each
// instruction set of this machine.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "data.hpp"
#include "ondol/generate.hpp"
#include "runtime/cpu.hpp"
#include "temp.hpp"

using namespace ondol;  // NOLINT: the library is the subject

namespace {

using Ids = std::vector<Token>;

Model load(const std::string& file, Isa isa, int threads) {
  RuntimeOptions runtime;
  runtime.threads = threads;
  runtime.isa = isa_name(isa);
  LoadOptions options;
  options.runtime = Runtime(runtime);
  return Model::load(test::data(file).string(), options);
}

Ids some_ids(std::size_t count, std::size_t vocabulary, unsigned step) {
  Ids ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(static_cast<Token>((i * step + i * i + 3) % vocabulary));
  return ids;
}

GenerateOptions options(std::uint64_t seed) {
  return {.sampler = {{Temperature{1}, TopP{0.95f}}, seed}, .max_tokens = 12, .ignore_eos = true, .logprobs = 2};
}

void check_same(const Result& found, const Result& expected) {
  CHECK(found.ids == expected.ids);
  REQUIRE(found.tokens.size() == expected.tokens.size());
  for (std::size_t i = 0; i < expected.tokens.size(); ++i) {
    CHECK(found.tokens[i].logprob == expected.tokens[i].logprob);
    CHECK(found.tokens[i].entropy == expected.tokens[i].entropy);
    CHECK(found.tokens[i].top[1].logprob == expected.tokens[i].top[1].logprob);
  }
}

void append(const Model& model, KVCache& cache, std::span<const Token> ids) {
  const Step step{cache, ids, {.logits = Want::Logits::none}};
  static_cast<void>(model.forward({&step, 1}));
}

}  // namespace

TEST_CASE("invariance: threads, batches, chunks, forks and files change no bit") {
  for (const char* file : {"stories260K/stories260K.gguf", "quantised/tiny-Q4_0.gguf", "quantised/tiny-Q8_0.gguf",
                           "quantised/tiny-Q4_K.gguf", "quantised/tiny-BF16.gguf", "quantised/tiny-F16.gguf"}) {
    CAPTURE(file);
    for (const Isa isa : available_isas()) {
      CAPTURE(isa_name(isa));
      const Model model = load(file, isa, 1);
      const std::size_t longest = std::min<std::size_t>(90, model.context() - 20);
      std::vector<Prompt> prompts;
      std::vector<Result> alone;
      for (const std::size_t n : {longest, std::size_t{1}, longest / 3, std::size_t{17}}) {
        const Ids ids = some_ids(n, model.info().vocabulary, 7 + static_cast<unsigned>(n));
        alone.push_back(generate(model, ids, options(100 + prompts.size())).finish());
        prompts.emplace_back(ids);
      }
      const Ids& first = std::get<Ids>(prompts[0]);

      for (const int threads : {1, 2, 4}) {
        CAPTURE(threads);
        const auto batch = generate_batch(load(file, isa, threads), prompts, options(100));
        for (std::size_t i = 0; i < prompts.size(); ++i) check_same(batch[i], alone[i]);
      }
      for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, std::size_t{64}}) {
        CAPTURE(chunk);
        KVCache cache = model.new_cache();
        std::size_t at = 0;
        for (; at + chunk < first.size(); at += chunk) append(model, cache, std::span(first).subspan(at, chunk));
        const Ids rest(first.begin() + static_cast<std::ptrdiff_t>(at), first.end());
        check_same(generate(model, std::move(cache), rest, options(100)).finish(), alone[0]);
      }
      {
        KVCache cache = model.new_cache();
        append(model, cache, std::span(first).first(first.size() - 1));
        const test::TempFolder folder;
        cache.save(folder.path("cache"));
        KVCache loaded = model.new_cache();
        loaded.load(folder.path("cache"));
        KVCache fork = cache.fork();
        append(model, cache, Ids{5, 6, 7});  // another future, which the fork must not see
        cache.truncate(first.size() - 1);
        for (KVCache* each : {&fork, &loaded, &cache}) {
          check_same(generate(model, *each, Ids{first.back()}, options(100)).finish(), alone[0]);
        }
      }
    }
  }
}
