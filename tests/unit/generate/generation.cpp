#include <doctest/doctest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "data.hpp"
#include "generate/models.hpp"
#include "ondol/error.hpp"
#include "ondol/generate.hpp"

using namespace ondol;  // NOLINT: the library is the subject

namespace {

using Ids = std::vector<Token>;

Result run(const Prompt& prompt, const GenerateOptions& options) {
  return generate(test::stories(), prompt, options).finish();
}

template <class Call>
void expect_error(Status code, const std::string& part, Call&& call) {
  CAPTURE(part);
  try {
    call();
    FAIL("no error");
  } catch (const Error& error) {
    CAPTURE(error.what());
    CHECK(error.code() == code);
    CHECK(std::string(error.what()).find(part) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("generate: the greedy texts of stories260K, from BOS alone and from prompts (T6)") {
  for (const Json& c : test::reference("stories260K/expected.json").at("greedy").items()) {
    const std::string prompt = test::text(c.at("prompt"));
    CAPTURE(prompt);
    const auto count = static_cast<std::size_t>(test::number(c.at("max_new")));
    const Result by_ids = run(test::ids(c.at("prompt_ids")), {.max_tokens = count});
    CHECK(by_ids.ids == test::ids(c.at("out_ids")));
    CHECK(by_ids.text == test::text(c.at("text")));
    CHECK(finish_name(by_ids.finish) == test::text(c.at("stopped")));
    CHECK(by_ids.timings.prompt_tokens == c.at("prompt_ids").size());
    CHECK(by_ids.timings.generated_tokens == by_ids.ids.size());
    CHECK(by_ids.timings.total_seconds() > 0);
    CHECK(run(prompt, {.max_tokens = count}).ids == by_ids.ids);
  }
}

TEST_CASE("generate: pieces add up to the result") {
  Generation generation = generate(test::stories(), "Once upon", {.max_tokens = 30, .logprobs = 3});
  std::string text;
  Ids ids;
  for (const Piece& piece : generation) {
    text += piece.text;
    for (const ChosenToken& token : piece.tokens) {
      ids.push_back(token.id);
      CHECK(token.top.size() == 3);
      CHECK(token.top[0].id == token.id);  // greedy
      CHECK(token.top[0].logprob == token.logprob);
    }
  }
  CHECK(text == generation.result().text);
  CHECK(ids == generation.result().ids);
  CHECK(text == test::stories().tokenizer().decode(ids));
  CHECK_FALSE(generation.next());
  CHECK(generation.cache().length() == generation.result().timings.prompt_tokens + ids.size() - 1);
  CHECK(generation.pending() == Ids{ids.back()});
}

TEST_CASE("generate: a seed gives one text, other seeds others (T5)") {
  std::set<std::string> texts;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const GenerateOptions options{.sampler = {{Temperature{1}}, seed}, .max_tokens = 40};
    const Result result = run(Ids{1}, options);
    CHECK(result.seed == seed);
    CHECK(run(Ids{1}, options).ids == result.ids);
    texts.insert(result.text);
  }
  CHECK(texts.size() >= 18);
}

TEST_CASE("generate: without a seed each generation has its own and reports it") {
  const GenerateOptions options{.sampler = {{Temperature{1}}, {}}, .max_tokens = 20};
  const Result one = run(Ids{1}, options), two = run(Ids{1}, options);
  CHECK(one.seed != two.seed);
  CHECK(run(Ids{1}, {.sampler = {{Temperature{1}}, one.seed}, .max_tokens = 20}).ids == one.ids);
}

TEST_CASE("generate: a batch gives what each prompt gives alone") {
  const std::vector<Prompt> prompts{Ids{1}, "Lily and her mom went to the shop to buy", Ids{1, 403}, "The"};
  const GenerateOptions options{
      .sampler = {{Temperature{1.5f}, TopP{0.95f}}, 11}, .max_tokens = 60, .stop = {"."}, .logprobs = 2};
  const std::vector<Result> batch = generate_batch(test::stories(), prompts, options);
  REQUIRE(batch.size() == prompts.size());
  std::set<std::size_t> lengths;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    GenerateOptions alone = options;
    alone.sampler.seed = 11 + i;
    const Result result = run(prompts[i], alone);
    CHECK(batch[i].ids == result.ids);
    CHECK(batch[i].text == result.text);
    CHECK(batch[i].finish == result.finish);
    CHECK(batch[i].stop == result.stop);
    CHECK(batch[i].seed == result.seed);
    for (std::size_t t = 0; t < result.tokens.size(); ++t) {
      CHECK(batch[i].tokens[t].logprob == result.tokens[t].logprob);
      CHECK(batch[i].tokens[t].entropy == result.tokens[t].entropy);
    }
    lengths.insert(result.ids.size());
  }
  CHECK(lengths.size() > 1);  // some left while others went on
}

TEST_CASE("generate: max_tokens 0 ends where the context ends; a longer prompt is an error with both counts") {
  LoadOptions load;
  load.context = 24;
  const Model model = Model::load(test::data("stories260K/stories260K.gguf").string(), load);
  Generation generation = generate(model, Ids{1, 403, 407, 261}, {.ignore_eos = true});
  const Result result = generation.finish();
  CHECK(result.ids.size() == 20);
  CHECK(result.finish == Finish::length);
  CHECK(generation.cache().length() == 23);
  expect_error(Status::context_full, "the prompt has 25 tokens, the context 24 positions",
               [&] { static_cast<void>(generate(model, Ids(25, 403))); });
  expect_error(Status::context_full, "24 tokens", [&] { static_cast<void>(generate(model, Ids(24, 403))); });
  CHECK(generate(model, Ids(23, 403)).finish().ids.size() == 1);
  expect_error(Status::context_full, "2 tokens after 23 positions", [&] {
    static_cast<void>(generate(model, generation.cache(), Ids{403, 407}));
  });
  expect_error(Status::context_full, "prompts[1]: the prompt has 30 tokens", [&] {
    static_cast<void>(generate_batch(model, std::vector<Prompt>{Ids{1}, Ids(30, 1)}));
  });
}

TEST_CASE("generate: bad arguments are errors that name them") {
  const auto bad = [](const std::string& part, const GenerateOptions& options) {
    expect_error(Status::invalid_argument, part, [&] { static_cast<void>(run(Ids{1}, options)); });
  };
  bad("temperature is nan", {.sampler = {{Temperature{std::nanf("")}}, {}}});
  bad("banned_tokens: token 512", {.sampler = {{BannedTokens{{512}}}, {}}});
  bad("stop_ids: token -1", {.stop_ids = {-1}});
  bad("stop: string 0 is empty", {.stop = {""}});
  bad("logprobs is 1000000000", {.logprobs = 1'000'000'000});
  bad("min_tokens is 5", {.max_tokens = 4, .min_tokens = 5});
  const auto prompt = [](const std::string& part, const Prompt& p) {
    expect_error(Status::invalid_argument, part, [&] { static_cast<void>(run(p, {})); });
  };
  prompt("the prompt is empty", Ids{});
  prompt("token -1 at index 1", Ids{1, -1});
  prompt("token 512 at index 0", Ids{512});
  expect_error(Status::invalid_argument, "no prompts",
               [] { static_cast<void>(generate_batch(test::stories(), std::vector<Prompt>{})); });
}

TEST_CASE("generate: a stop request ends it at any time, with what is there, and nothing else changes") {
  std::stop_source source;
  GenerateOptions options{.max_tokens = 30, .cancel = source.get_token()};
  Generation generation = generate(test::stories(), Ids{1}, options);
  Result partial;
  for (int i = 0; i < 5; ++i) static_cast<void>(generation.next());
  source.request_stop();
  const Result result = generation.finish();
  CHECK(result.finish == Finish::cancelled);
  CHECK(result.ids.size() == 5);
  CHECK(generation.cache().length() == 5);

  Generation before = generate(test::stories(), Ids{1}, options);
  CHECK_FALSE(before.next());
  CHECK(before.result().finish == Finish::cancelled);
  CHECK(before.cache().length() == 0);
  const auto batch = generate_batch(test::stories(), std::vector<Prompt>{Ids{1}, Ids{1}}, options);
  CHECK(batch[1].finish == Finish::cancelled);

  // What was computed goes on as if nothing had happened.
  const Result whole = run(Ids{1}, {.max_tokens = 30});
  const Result rest = generate(test::stories(), generation.cache(), generation.pending(), {.max_tokens = 25}).finish();
  CHECK(Ids(whole.ids.begin() + 5, whole.ids.end()) == rest.ids);
}

TEST_CASE("generate: cancelled in the prefill, the cache stands at the last complete position") {
  const Ids prompt(480, 403);
  const Result whole = run(prompt, {.max_tokens = 4});
  bool seen = false;
  for (int round = 0; round < 50 && !seen; ++round) {
    std::stop_source source;
    auto progress = std::make_shared<Progress>();
    Generation generation = generate(test::stories(), prompt,
                                     {.max_tokens = 4, .cancel = source.get_token(), .prefill_progress = progress});
    std::thread other([&] {
      while (progress->done == 0 && !source.stop_requested()) std::this_thread::yield();
      source.request_stop();
    });
    const Result result = generation.finish();
    source.request_stop();
    other.join();
    const std::size_t length = generation.cache().length();
    if (result.finish != Finish::cancelled || length >= prompt.size()) continue;
    seen = true;
    CHECK(length > 0);
    CHECK(generation.pending().size() == prompt.size() - length);
    const Result rest = generate(test::stories(), generation.cache(), generation.pending(), {.max_tokens = 4}).finish();
    CHECK(rest.ids == whole.ids);
  }
  CHECK(seen);
}

TEST_CASE("generate: the progress of the prefill counts the prompt's tokens") {
  auto progress = std::make_shared<Progress>();
  static_cast<void>(run(Ids(300, 403), {.max_tokens = 3, .prefill_progress = progress}));
  CHECK(progress->total == 300);
  CHECK(progress->done == 300);
}

TEST_CASE("generate: append goes on in the same cache and computes only what is new") {
  Generation generation = generate(test::stories(), "Once upon a time", {.max_tokens = 12, .logprobs = 4});
  expect_error(Status::invalid_argument, "has not ended", [&] { generation.append(Ids{403}); });
  const Result first = generation.finish();
  generation.append(" Tim had a");
  const Result second = generation.finish();
  const std::vector<Token> added = test::stories().tokenizer().encode(" Tim had a", {.add_special = false});
  CHECK(second.timings.cached_tokens == 5 + 11);
  CHECK(second.timings.prompt_tokens == 5 + 12 + added.size());

  Ids all = test::stories().tokenizer().encode("Once upon a time");
  all.insert(all.end(), first.ids.begin(), first.ids.end());
  all.insert(all.end(), added.begin(), added.end());
  const Result fresh = run(all, {.max_tokens = 12, .logprobs = 4});
  CHECK(second.ids == fresh.ids);
  for (std::size_t i = 0; i < fresh.tokens.size(); ++i) CHECK(second.tokens[i].logprob == fresh.tokens[i].logprob);
  expect_error(Status::invalid_argument, "empty", [&] { generation.append(Ids{}); });
  expect_error(Status::context_full, "the context has 512", [&] { generation.append(Ids(490, 403)); });
}

TEST_CASE("generate: best of n from one prefill equals plain sampling (T25)") {
  const Model& model = test::stories();
  const Ids prompt = model.tokenizer().encode("Lily and her mom went to the shop");
  KVCache prefilled = model.new_cache();
  const Step step{prefilled, std::span(prompt).first(prompt.size() - 1), {.logits = Want::Logits::none}};
  static_cast<void>(model.forward({&step, 1}));
  for (std::uint64_t seed = 40; seed < 46; ++seed) {
    const GenerateOptions options{.sampler = {{Temperature{1}, TopK{50}}, seed}, .max_tokens = 20, .logprobs = 0};
    const Result forked = generate(model, prefilled.fork(), Ids{prompt.back()}, options).finish();
    const Result plain = run(prompt, options);
    CHECK(forked.ids == plain.ids);
    CHECK(forked.tokens.back().logprob == plain.tokens.back().logprob);
  }
  CHECK(prefilled.length() == prompt.size() - 1);
}
