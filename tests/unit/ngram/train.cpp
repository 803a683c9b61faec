#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "data.hpp"
#include "ngram/arpa.hpp"
#include "ondol/error.hpp"
#include "ondol/ngram_trainer.hpp"
#include "temp.hpp"

namespace {

using namespace ondol;

constexpr const char* weather =
    "오늘 날씨가 좋네요\n"
    "오늘 날씨가 어때요\n"
    "오늘 기분이 좋네요\n"
    "내일 날씨가 좋네요\n";

NGramEstimate estimate(std::string_view text, NGramTrainOptions options) {
  NGramTrainer trainer(std::move(options));
  trainer.add(text);
  return trainer.estimate();
}

/// Sentences of words that follow each other in a Zipf-like way, so that all counts of counts occur.
std::string random_text(std::size_t sentences, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  unsigned last = 0;
  for (std::size_t i = 0; i < sentences; ++i) {
    for (std::size_t n = 1 + random() % 12; n > 0; --n) {
      const double u = std::uniform_real_distribution<>(0.001, 1)(random);
      last = static_cast<unsigned>(last / 3 + 40 * (1 / std::sqrt(u) - 1)) % 300;
      text += "단어" + std::to_string(last) + (n > 1 ? " " : "\n");
    }
  }
  return text;
}

double sum_behind(const NGram& model, const NGramState& state) {
  std::vector<float> all(model.vocabulary());
  model.log_probabilities(state, all);
  double sum = 0;
  for (const float value : all) sum += std::exp(double{value});
  return sum;
}

/// In states of texts, of the text and of random words: the probabilities of all words sum to 1.
void check_sums(const NGram& model, std::string_view text) {
  std::mt19937 random(4);
  std::vector<Token> ids = model.encode(text.substr(0, 2000));
  for (int i = 0; i < 100; ++i) ids.push_back(static_cast<Token>(random() % model.vocabulary()));
  NGramState state = model.start();
  CHECK(sum_behind(model, {}) == doctest::Approx(1).epsilon(2e-5));
  for (const Token id : ids) {
    CHECK(sum_behind(model, state) == doctest::Approx(1).epsilon(2e-5));
    state = model.advance(state, id);
  }
}

}  // namespace

TEST_CASE("n-gram training: relative frequencies and added occurrences, worked by hand") {
  const auto nll = [](const NGram& model, std::string_view text) { return model.score(text).nll; };
  const NGram plain = estimate(weather, {.order = 2, .smoothing = NGramSmoothing::none}).model();
  const auto p = [](const NGram& model, std::string_view before, std::string_view word) {
    return std::exp(double{model.step(model.state(model.encode(before)), *model.find(word)).log_probability});
  };
  CHECK(p(plain, "날씨가", "좋네요") == doctest::Approx(2.0 / 3).epsilon(1e-7));
  CHECK(p(plain, "날씨가", "어때요") == doctest::Approx(1.0 / 3).epsilon(1e-7));
  CHECK(p(plain, "오늘", "날씨가") == doctest::Approx(2.0 / 3).epsilon(1e-7));
  CHECK(p(plain, "<s>", "오늘") == doctest::Approx(3.0 / 4).epsilon(1e-7));
  const NGramScore seen = plain.score("오늘 날씨가 좋네요");
  CHECK(std::exp(seen.sum()) == doctest::Approx(1.0 / 3).epsilon(1e-7));
  CHECK(seen.perplexity() == doctest::Approx(std::pow(3.0, 0.25)).epsilon(1e-7));
  const NGramScore unseen = plain.score("내일 기분이 좋네요");
  CHECK(unseen.nll[1] == std::numeric_limits<float>::infinity());
  CHECK(unseen.sum() == -std::numeric_limits<double>::infinity());
  CHECK(unseen.perplexity() == std::numeric_limits<double>::infinity());
  CHECK_FALSE(std::isnan(nll(plain, "내일 기분이 좋네요 없는말")[3]));

  const NGram added = estimate(weather, {.order = 2, .smoothing = NGramSmoothing::additive}).model();
  const NGramScore score = added.score("오늘 날씨가 좋네요");
  CHECK(std::exp(score.sum()) == doctest::Approx(4.0 / 11 * 3 / 10 * 3 / 10 * 4 / 10).epsilon(1e-7));
  CHECK(score.perplexity() == doctest::Approx(2.956362).epsilon(1e-6));
  CHECK(std::exp(added.score("내일 기분이 좋네요").sum()) ==
        doctest::Approx(2.0 / 11 * 1 / 8 * 2 / 8 * 4 / 10).epsilon(1e-7));
  CHECK(added.score("내일 기분이 좋네요").perplexity() == doctest::Approx(4.579976).epsilon(1e-6));
  CHECK(added.score("없는말").nll[0] == std::numeric_limits<float>::infinity());
}

TEST_CASE("n-gram training: the kinds of smoothing at every order are distributions") {
  const std::string text = random_text(300, 1);
  for (const std::size_t order : {1u, 2u, 3u, 5u}) {
    CAPTURE(order);
    for (const double added : {1.0, 0.25}) {
      check_sums(estimate(text, {.order = order, .smoothing = NGramSmoothing::additive, .added = added}).model(), text);
    }
    const NGram plain = estimate(text, {.order = order, .smoothing = NGramSmoothing::none}).model();
    NGramState state = plain.start();
    for (const Token id : plain.encode(text.substr(0, text.find('\n')))) {
      CHECK(sum_behind(plain, state) == doctest::Approx(1).epsilon(2e-5));
      state = plain.advance(state, id);
    }
  }
  // (count + added) / (count of the context + added * words), behind two words too.
  const NGram trigrams =
      estimate("a b c\na b d\n", {.order = 3, .smoothing = NGramSmoothing::additive, .added = 0.5}).model();
  const auto p = [&](std::string_view before, std::string_view word) {
    return std::exp(
        double{trigrams.step(trigrams.state(trigrams.encode(before)), *trigrams.find(word)).log_probability});
  };
  CHECK(p("a b", "c") == doctest::Approx(1.5 / 4.5));
  CHECK(p("a b", "a") == doctest::Approx(0.5 / 4.5));
  CHECK(p("<s> a", "b") == doctest::Approx(2.5 / 4.5));
  CHECK(p("<s>", "a") == doctest::Approx(2.5 / 4.5));
  CHECK(p("<s>", "b") == doctest::Approx(0.5 / 4.5));
  CHECK(p("d c", "a") == doctest::Approx(1.0 / 5));
}

TEST_CASE("n-gram training: Kneser-Ney by hand") {
  // Bigrams: <s> a 2, a b 2, b </s> 1, b c 1, c </s> 1. Words in front: a 1 (<s>), b 1 (a), c 1 (b), </s> 2 (b, c).
  const std::array<double, 3> d{0.5, 1, 1.5};
  const NGramEstimate made = estimate("a b\na b c\n", {.order = 2, .discount_fallback = d});
  CHECK(made.counts() == std::vector<std::size_t>{6, 5});
  CHECK(made.discounts().at(0).fallback);
  CHECK(made.discounts().at(1).values == d);
  const NGram model = made.model();
  const double share = (0.5 * 3 + 1) / 5;  // of the uniform distribution over a, b, c, </s>, <unk>
  const double a = 0.5 / 5 + share / 5;
  const double end = 1.0 / 5 + share / 5;
  const auto p = [&](std::string_view before, std::string_view word) {
    return std::exp(double{model.step(model.state(model.encode(before)), *model.find(word)).log_probability});
  };
  CHECK(p("", "a") == doctest::Approx(a));
  CHECK(p("", "</s>") == doctest::Approx(end));
  CHECK(p("", "<unk>") == doctest::Approx(share / 5));
  CHECK(p("<s>", "a") == doctest::Approx((2 - 1.0) / 2 + 1.0 / 2 * a));
  CHECK(p("b", "</s>") == doctest::Approx((1 - 0.5) / 2 + (0.5 + 0.5) / 2 * end));
  CHECK(p("b", "a") == doctest::Approx((0.5 + 0.5) / 2 * a));
  CHECK(p("c", "<unk>") == doctest::Approx(0.5 * share / 5));
  check_sums(model, "a b c");
}

TEST_CASE("n-gram training: Kneser-Ney with estimated discounts, pruned or not, are distributions") {
  const std::string text = random_text(4000, 2);
  const std::vector<std::size_t> all = estimate(text, {.order = 4}).counts();
  for (const std::vector<std::uint64_t>& prune : {std::vector<std::uint64_t>{}, {0, 0, 1}, {0, 1, 2}}) {
    const NGramEstimate made = estimate(text, {.order = 4, .prune = prune});
    for (const auto& discounts : made.discounts()) {
      CHECK_FALSE(discounts.fallback);
      CHECK(discounts.values[0] > 0);
      CHECK(discounts.values[2] <= 3);
    }
    const std::vector<std::size_t> counts = made.counts();
    for (std::size_t n = 1; n <= 4; ++n) {
      const bool pruned = !prune.empty() && prune[std::min(n, prune.size()) - 1] > 0;
      CHECK((pruned ? counts[n - 1] < all[n - 1] / 2 : counts[n - 1] == all[n - 1]));
    }
    check_sums(made.model(), text);
  }
}

TEST_CASE("n-gram training: the file that is written is the model") {
  const test::TempFolder folder;
  const std::string text = random_text(500, 3);
  for (const NGramUnit unit : {NGramUnit::words, NGramUnit::characters, NGramUnit::bytes}) {
    CAPTURE(ngram_unit_name(unit));
    const NGramEstimate made = estimate(text, {.order = 3, .discount_fallback = {{0.5, 1, 1.5}}, .unit = unit});
    const NGram model = made.model();
    for (const char* name : {"out.arpa", "out.arpa.gz"}) {
      const std::string path = folder.path(name);
      made.write(path);
      const NGram read = NGram::load(path);
      CHECK(read.unit() == unit);
      CHECK(read.counts() == made.counts());
      CHECK(read.counts() == model.counts());
      for (const char* sentence : {"단어1 단어2 없는말 단어30", "", "\xFF 단어1"}) {
        CHECK(read.score(sentence).nll == model.score(sentence).nll);
      }
    }
    CHECK(test::read(folder.path("out.arpa")).starts_with(unit == NGramUnit::words ? "\\data\\\n" : "# ondol unit: "));
  }
  const NGramEstimate plain = estimate(weather, {.order = 2, .smoothing = NGramSmoothing::none});
  plain.write(folder.path("plain.arpa"));
  const NGram read = NGram::load(folder.path("plain.arpa"));
  CHECK(read.score("내일 기분이").perplexity() == std::numeric_limits<double>::infinity());
  CHECK(std::exp(read.score("오늘 날씨가 좋네요").sum()) == doctest::Approx(1.0 / 3).epsilon(1e-7));
}

TEST_CASE("n-gram training: syllables and bytes of Korean generate Korean") {
  for (const NGramUnit unit : {NGramUnit::characters, NGramUnit::bytes}) {
    const NGram model = estimate(weather, {.order = 9, .smoothing = NGramSmoothing::none, .unit = unit}).model();
    CHECK(model.generate("내일 ").text == "날씨가 좋네요");
    CHECK(model.generate("").text.starts_with("오늘 "));
  }
}

TEST_CASE("n-gram training: text in pieces, from files, with blank lines") {
  const test::TempFolder folder;
  const auto arpa = [&](NGramTrainer& trainer) {
    trainer.estimate().write(folder.path("x.arpa"));
    return test::read(folder.path("x.arpa"));
  };
  const NGramTrainOptions options{.order = 3, .discount_fallback = {{0.5, 1, 1.5}}};
  NGramTrainer trainer(options);
  trainer.add(weather);
  CHECK(trainer.sentences() == 4);
  CHECK(trainer.words() == 12);
  const std::string expected = arpa(trainer);
  CHECK(trainer.sentences() == 0);
  trainer.add("오늘 날씨가 좋네요");
  trainer.add(" 오늘  날씨가\t어때요\r\n\n \r\n오늘 기분이 좋네요\n");
  trainer.add("");
  trainer.add("내일 날씨가 좋네요\n");
  CHECK(arpa(trainer) == expected);
  for (const std::string& bytes : {std::string(weather), test::gzip(weather)}) {
    trainer.add_file(folder.write("text", bytes));
    CHECK(arpa(trainer) == expected);
  }
}

TEST_CASE("n-gram training: what cannot be is an error that says why") {
  const auto refusal = [](std::string_view text, NGramTrainOptions options) -> std::string {
    try {
      estimate(text, std::move(options));
    } catch (const Error& error) {
      CHECK(error.code() == Status::invalid_argument);
      return error.what();
    }
    return "no error";
  };
  const auto has = [](const std::string& message, const char* part) {
    CAPTURE(message);
    CHECK(message.find(part) != std::string::npos);
  };
  has(refusal("a\n", {.order = 0}), "order is 0, expected 1 .. 10");
  has(refusal("a\n", {.order = 11}), "order is 11");
  has(refusal("a\n", {.added = 0}), "added is 0");
  has(refusal("a\n", {.discount_fallback = {{0.5, 1, 4}}}), "discount_fallback: 4");
  has(refusal("a\n", {.prune = {1}}), "unigrams stay");
  has(refusal("a\n", {.order = 2, .prune = {0, 1, 2}}), "prune has 3 values, the order is 2");
  has(refusal("a\n", {.prune = {0, 2, 1}}), "lower than the one before");
  has(refusal("a\n", {.smoothing = NGramSmoothing::none, .prune = {0, 1}}), "Kneser-Ney");
  has(refusal(" \n\n", {}), "no words");
  has(refusal("a b\nc <s> d\n", {}), "text, line 2: \"<s>\" in the text");
  has(refusal("a " + std::string(70000, 'x'), {}), "a word of 70000 bytes");
  has(refusal(weather, {.order = 2}), "discounts cannot be estimated");
  CHECK(refusal("a b\nc <s> d\n", {.discount_fallback = {{0.5, 1, 1.5}}, .skip_special = true}) == "no error");
  // As characters and bytes "<s>" is text.
  CHECK(refusal("<s>\n", {.discount_fallback = {{0.5, 1, 1.5}}, .unit = NGramUnit::bytes}) == "no error");

  const Runtime tiny({.memory_limit = 50000});
  NGramTrainer trainer({.runtime = tiny});
  CHECK_THROWS_WITH_AS(trainer.add(random_text(10000, 5)), doctest::Contains("memory limit"), Error);
  std::stop_source stop;
  stop.request_stop();
  NGramTrainer stopped;
  stopped.add("a\n");
  CHECK_THROWS_AS((void)stopped.estimate(stop.get_token()), Error);
  CHECK_THROWS_AS(stopped.add(random_text(2000, 6), stop.get_token()), Error);
}
