// The worked examples that need the real model, with their numbers: exact arithmetic, rule R1 (log probabilities within
// 1e-3, ids exact).
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "data.hpp"
#include "generate/models.hpp"
#include "ondol/generate.hpp"

using namespace ondol;  // NOLINT: the library is the subject

#define WITH_SMOLLM2 *doctest::skip(!test::has_smollm2())

namespace {

using Ids = std::vector<Token>;

const Model& model() { return test::smollm2_exact(); }
const Json& examples() { return test::reference("examples/examples.json"); }
const Json& greedy_case(const std::string& name) {
  for (const Json& c : test::reference("smollm2/expected.json").at("greedy").items()) {
    if (test::text(c.at("name")) == name) return c;
  }
  throw std::runtime_error("no case " + name);
}

Result greedy(const Prompt& prompt, std::size_t count, GenerateOptions options = {}) {
  options.max_tokens = count;
  return generate(model(), prompt, options).finish();
}

/// The ids of the chat template around one message of a user.
Ids chat_ids(const std::string& content) {
  const Json messages = Json::array({Json::object({{"role", "user"}, {"content", content}})});
  return encode_prompt(model().tokenizer(), model().chat_template().render(messages.dump()));
}

void check_scores(const Prompt& prompt, const Json& candidates) {
  for (const Json& c : candidates.items()) {
    const std::string continuation = test::text(c.at("continuation"));
    CAPTURE(continuation);
    const Score found = score(model(), prompt, continuation);
    CHECK(found.ids == test::ids(c.at("ids")));
    CHECK(std::fabs(found.sum() - test::number(c.at("sum"))) < 1e-3);
    const std::vector<double> each = test::numbers(c.at("logprobs"));
    REQUIRE(found.nll.size() == each.size());
    for (std::size_t i = 0; i < each.size(); ++i) CHECK(std::fabs(-double{found.nll[i]} - each[i]) < 1e-3);
  }
}

void check_top(const Piece& piece, const Json& expected) {
  const auto& top = piece.tokens.at(0).top;
  REQUIRE(top.size() == expected.size());
  for (std::size_t i = 0; i < top.size(); ++i) {
    const Json::Array& row = expected.items()[i].items();  // id, piece, .., log probability
    CHECK(top[i].id == *row[0].as_int64());
    CHECK(std::fabs(double{top[i].logprob} - test::number(row.back())) < 1e-3);
  }
}

}  // namespace

TEST_CASE("example T1, T2: the next token's distribution, as bytes, with its entropy" WITH_SMOLLM2) {
  for (const char* name : {"weather", "cat"}) {
    CAPTURE(name);
    const Json& c = examples().at(name);
    Generation generation =
        generate(model(), test::text(c.at("prompt")), {.max_tokens = 1, .logprobs = c.at("top").size()});
    const Piece piece = *generation.next();
    CHECK(std::fabs(double{piece.tokens[0].entropy} - test::number(c.at("entropy_nats"))) < 1e-3);
    check_top(piece, c.at("top"));
    for (const Candidate& candidate : piece.tokens[0].top) {
      CHECK(candidate.bytes == model().tokenizer().token_bytes(candidate.id));
    }
    check_scores(test::text(c.at("prompt")), c.at("candidates"));
  }
  const Json& start = examples().at("cat_start");
  Generation generation =
      generate(model(), test::ids(start.at("ids")), {.max_tokens = 1, .logprobs = start.at("top").size()});
  check_top(*generation.next(), start.at("top"));
}

TEST_CASE("example T6: a chat prompt, its end token, a maximum, and going on past the end" WITH_SMOLLM2) {
  const Ids prompt = chat_ids("What is the capital of France?");
  CHECK(prompt == test::ids(test::reference("smollm2/expected.json").at("chat").at("ids")));
  const Result result = greedy(prompt, 48);
  CHECK(result.ids == Ids{504, 3575, 282, 4649, 314, 7042, 30, 2});
  CHECK(result.text == "The capital of France is Paris.");
  CHECK(result.finish == Finish::eos);
  const Result three = greedy(prompt, 3);
  CHECK(three.ids == Ids{504, 3575, 282});
  CHECK(three.finish == Finish::length);
  const Result past = greedy(prompt, 12, {.ignore_eos = true});
  CHECK(past.ids.size() == 12);
  CHECK(past.ids[7] == 2);
}

TEST_CASE("example T14: few-shot pattern, scores and a stop string" WITH_SMOLLM2) {
  const Json& eagle = examples().at("eagle");
  const std::string prompt = test::text(eagle.at("prompt"));
  CHECK(model().tokenizer().encode(prompt) == test::ids(eagle.at("ids")));
  check_scores(prompt, eagle.at("candidates"));
  const Result result = greedy(prompt, 20, {.stop = {" // "}});
  CHECK(result.text == "Twin");
  CHECK(result.finish == Finish::stop);
  CHECK(result.stop == " // ");
}

TEST_CASE("example T15: the same ids and logits however the prompt is cut" WITH_SMOLLM2) {
  const Json& tldr = greedy_case("long-tldr");
  const Ids prompt = test::ids(tldr.at("prompt_ids"));
  const Result whole = greedy(prompt, 48, {.logprobs = 5});
  CHECK(whole.ids == test::ids(tldr.at("out_ids")));
  CHECK(whole.text == test::text(tldr.at("text")));
  for (const std::size_t chunk : {1u, 7u, 64u}) {
    CAPTURE(chunk);
    KVCache cache = model().new_cache();
    std::size_t at = 0;
    for (; at + chunk < prompt.size(); at += chunk) {
      const Step step{cache, std::span(prompt).subspan(at, chunk), {.logits = Want::Logits::none}};
      static_cast<void>(model().forward({&step, 1}));
    }
    const Ids rest(prompt.begin() + static_cast<std::ptrdiff_t>(at), prompt.end());
    const Result cut = generate(model(), std::move(cache), rest, {.max_tokens = 4, .logprobs = 5}).finish();
    for (std::size_t i = 0; i < cut.ids.size(); ++i) {
      CHECK(cut.ids[i] == whole.ids[i]);
      CHECK(cut.tokens[i].entropy == whole.tokens[i].entropy);
      for (std::size_t n = 0; n < 5; ++n) CHECK(cut.tokens[i].top[n].logprob == whole.tokens[i].top[n].logprob);
    }
  }
}

TEST_CASE("example T16: translation by example" WITH_SMOLLM2) {
  const Json& french = examples().at("translate");
  const std::string prompt = test::text(french.at("prompt"));
  CHECK(model().tokenizer().encode(prompt) == test::ids(french.at("ids")));
  check_scores(prompt, french.at("candidates"));
  CHECK(greedy(prompt, 8).ids == test::ids(french.at("greedy").at("out_ids")));
  const Result result = greedy(prompt, 8, {.stop = {"\n"}});
  CHECK(result.text == " Bonne nuit.");
  CHECK(result.stop == "\n");
  check_scores(test::text(examples().at("translate_ko").at("prompt")), examples().at("translate_ko").at("candidates"));
}

TEST_CASE("example T17: a document goes on, a chat answers" WITH_SMOLLM2) {
  const Json& qa = greedy_case("qa");
  const Result answer = greedy(test::text(qa.at("prompt")), 48, {.stop = {"\n\nQ:"}});
  CHECK(answer.text == " 8.");
  CHECK(answer.finish == Finish::stop);
  const Json& both = examples().at("base_instruct");
  CHECK(greedy("What is a large language model?\n", 24).ids == test::ids(both.at("raw").at("out_ids")));
  Chat chat(model());
  const Result reply = chat.send("What is a large language model?", {.generate = {.max_tokens = 24}});
  CHECK(reply.ids == test::ids(both.at("chat").at("out_ids")));
  CHECK(reply.text == test::text(both.at("chat").at("text")));
  std::string blank = test::text(examples().at("blank").at("prompt"));
  blank.pop_back();  // its last space is the first one of each continuation
  check_scores(blank, examples().at("blank").at("candidates"));
  check_scores("[유저]: 에이브러햄 링컨이 누구야?\n[챗봇]:", examples().at("lincoln").at("candidates"));
}

TEST_CASE("example T18: repetition, and what stops it" WITH_SMOLLM2) {
  const Json& repeat = examples().at("repeat");
  const std::string prompt = test::text(repeat.at("prompt"));
  const auto check = [&](const char* name, std::vector<SamplerStep> steps) {
    CAPTURE(name);
    steps.emplace_back(Greedy{});
    const Result result = greedy(prompt, 40, {.sampler = {std::move(steps), {}}});
    CHECK(result.ids == test::ids(repeat.at(name).at("out_ids")));
  };
  check("plain", {});
  check("repetition 1.2", {RepetitionPenalty{1.2f}});
  check("no_repeat_ngram 3", {NoRepeatNgram{3}});
}

TEST_CASE("example T25: the best of several replies by their score" WITH_SMOLLM2) {
  const Json& best = examples().at("best_of_n");
  const Ids prompt = chat_ids("Name the capital of France in one sentence.");
  check_scores(prompt, best.at("replies"));

  // Three draws from one prefill, the best by any measure of the host.
  KVCache prefilled = model().new_cache();
  const Step step{prefilled, std::span(prompt).first(prompt.size() - 1), {.logits = Want::Logits::none}};
  static_cast<void>(model().forward({&step, 1}));
  for (std::uint64_t seed = 7; seed < 10; ++seed) {
    const GenerateOptions options{.sampler = {{Temperature{1}}, seed}, .max_tokens = 6, .logprobs = 0};
    const Result drawn = generate(model(), prefilled.fork(), Ids{prompt.back()}, options).finish();
    if (seed == 7) CHECK(drawn.ids == generate(model(), prompt, options).finish().ids);
    double sum = 0;
    for (const ChosenToken& token : drawn.tokens) sum += double{token.logprob};
    CHECK(sum == doctest::Approx(score(model(), prompt, drawn.ids).sum()));
  }
}

TEST_CASE("example T27: log-likelihood and perplexity" WITH_SMOLLM2) {
  for (const Json& c : examples().at("ppl").items()) {
    const Score found = score(model(), test::text(c.at("text")));
    CHECK(found.ids.size() == static_cast<std::size_t>(test::number(c.at("tokens"))));
    CHECK(std::fabs(found.sum() - test::number(c.at("sum_logprob_from_second"))) < 1e-3);
    CHECK(found.perplexity() == doctest::Approx(test::number(c.at("perplexity"))).epsilon(1e-3));
  }
  for (const Json& c : examples().at("ppl_start").items()) {
    const Score found = score(model(), Ids{0}, test::text(c.at("text")));
    CHECK(std::fabs(found.sum() - test::number(c.at("sum_logprob"))) < 1e-3);
    CHECK(found.perplexity() == doctest::Approx(test::number(c.at("perplexity"))).epsilon(1e-3));
  }
  const Json& nll = test::reference("smollm2/expected.json").at("nll");
  const Score found = score(model(), test::read(test::data("smollm2/text.txt")));
  CHECK(found.ids == test::ids(nll.at("ids")));
  CHECK(std::fabs(-found.sum() / static_cast<double>(found.nll.size()) - test::number(nll.at("mean"))) < 1e-5);
  const std::vector<double> each = test::numbers(nll.at("nll_of_ids_from_1"));
  REQUIRE(found.nll.size() == each.size());
  for (std::size_t i = 0; i < each.size(); ++i) CHECK(std::fabs(double{found.nll[i]} - each[i]) < 1e-3);
}

TEST_CASE("example T31: stop at <SEARCH_END>, splice the host's text, go on" WITH_SMOLLM2) {
  const Json& search = examples().at("search");
  const Ids said = test::ids(search.at("ids_model_text"));
  const Ids marker = test::ids(search.at("ids_end_marker"));
  const Ids host = test::ids(search.at("ids_host_text"));
  REQUIRE(Ids(said.end() - 6, said.end()) == marker);

  // A sampler that says the marker's tokens one after another: the largest bias first, each used up by its penalty.
  const Ids prompt(said.begin(), said.end() - 6);
  LogitBias marker_first;
  for (std::size_t i = 0; i < marker.size(); ++i) {
    const auto before = static_cast<float>(std::count(prompt.begin(), prompt.end(), marker[i]));
    marker_first.biases.emplace_back(marker[i], 1e6f * before + 1e5f - 1e4f * static_cast<float>(i));
  }
  Generation generation = generate(
      model(), prompt,
      {.sampler = {{marker_first, FrequencyPenalty{1e6f}, Greedy{}}, {}}, .stop = {"<SEARCH_END>"}, .logprobs = 5});
  const Result stopped = generation.finish();
  CHECK(stopped.ids == marker);
  CHECK(stopped.text.empty());
  CHECK(stopped.finish == Finish::stop);
  CHECK(stopped.stop == "<SEARCH_END>");
  CHECK(generation.cache().length() == said.size() - 1);
  CHECK(generation.pending() == Ids{marker.back()});
  const std::string context = model().tokenizer().decode(prompt);
  CHECK(context.substr(context.find("<SEARCH_START>") + 14) == "오늘 서울 날씨");

  generation.append(test::text(search.at("host_text")));
  const Piece spliced = *generation.next();
  check_top(spliced, search.at("top5_after_splice"));
  CHECK(generation.result().timings.prompt_tokens == 82);
  CHECK(generation.result().timings.cached_tokens == said.size() - 1);
  CHECK(generation.cache().length() == 82);

  Ids all = said;
  all.insert(all.end(), host.begin(), host.end());
  Generation fresh = generate(model(), all, {.max_tokens = 1, .logprobs = 5});
  const Piece expected = *fresh.next();
  CHECK(spliced.tokens[0].entropy == expected.tokens[0].entropy);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(spliced.tokens[0].top[i].logprob == expected.tokens[0].top[i].logprob);
  }
}

TEST_CASE("example T37: knowledge in the context against knowledge in the weights" WITH_SMOLLM2) {
  const Json& c = examples().at("context");
  const std::string question = test::text(c.at("question")), document = test::text(c.at("document"));
  const Ids with = chat_ids(document + "\n" + question), without = chat_ids(question);
  CHECK(with.size() == static_cast<std::size_t>(test::number(c.at("tokens_with"))));
  CHECK(without.size() == static_cast<std::size_t>(test::number(c.at("tokens_without"))));
  check_scores(with, c.at("with"));
  check_scores(without, c.at("without"));
  const Json& answer = greedy_case("long-answer");
  CHECK(greedy(test::ids(answer.at("prompt_ids")), 48).ids == test::ids(answer.at("out_ids")));
}

TEST_CASE("example T43: confident and wrong" WITH_SMOLLM2) {
  for (const Json& c : examples().at("confidence").items()) {
    const Ids expected = test::ids(c.at("ids"));
    const Result result = greedy(chat_ids(test::text(c.at("question"))), expected.size(), {.logprobs = 0});
    CHECK(result.ids == expected);
    double sum = 0, lowest = 0;
    for (const ChosenToken& token : result.tokens) {
      sum += double{token.logprob};
      lowest = std::min(lowest, double{token.logprob});
    }
    CHECK(std::fabs(sum / static_cast<double>(expected.size()) - test::number(c.at("mean_logprob"))) < 1e-3);
    CHECK(std::fabs(lowest - test::number(c.at("lowest_logprob"))) < 1e-3);
  }
}
