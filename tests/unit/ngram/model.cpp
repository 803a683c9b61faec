#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "ngram/arpa.hpp"
#include "ondol/error.hpp"
#include "ondol/ngram.hpp"
#include "temp.hpp"

namespace {

using namespace ondol;

NGram load(std::string_view text, const NGramLoadOptions& options = {}) {
  return NGram::load(test::MemoryFile(text).path(), options);
}

std::vector<double> log10s(const NGramScore& score) {
  std::vector<double> result;
  for (const float value : score.nll) result.push_back(-double{value} / std::log(10.0));
  return result;
}

void check_log10s(const NGramScore& score, const std::vector<double>& expected) {
  const std::vector<double> found = log10s(score);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

}  // namespace

TEST_CASE("n-gram model: what the file says of itself") {
  const NGram model = load(test::small_arpa);
  CHECK(model.order() == 3);
  CHECK(model.vocabulary() == 6);
  CHECK(model.counts() == std::vector<std::size_t>{6, 5, 2});
  CHECK(model.unit() == NGramUnit::words);
  CHECK(model.word(3) == "a");
  CHECK(model.find("c") == 5);
  CHECK_FALSE(model.find("d"));
  CHECK(model.unknown() == 0);
  CHECK(model.bos() == 1);
  CHECK(model.eos() == 2);
  CHECK(model.memory() > 100);
  CHECK(model.encode("a d  c\n<s>") == std::vector<Token>{3, 0, 5, 1});
  CHECK(model.decode(model.encode("<s> a b </s>")) == "a b");
  CHECK_THROWS_AS((void)model.word(6), Error);
  CHECK_THROWS_AS((void)model.word(-1), Error);
  CHECK_THROWS_AS((void)model.decode(std::vector<Token>{6}), Error);
}

TEST_CASE("n-gram model: back-off as ARPA defines it, worked by hand") {
  const NGram model = load(test::small_arpa);
  // <s> a: bigram. <s> a b: trigram. a b c: trigram, although b c is no bigram. b c </s>: b c has no back-off, c </s>.
  check_log10s(model.score("a b c"), {-0.5, -0.03125, -0.15625, -0.625});
  CHECK(model.score("a b c").lengths == std::vector<std::uint8_t>{2, 3, 3, 2});
  // c behind <s>: -0.5 - 1.5. b behind <s> c: no such context; behind c: -0.375 - 1.25. </s> behind b: 0.125 - 0.75.
  check_log10s(model.score("c b"), {-2, -1.625, -0.625});
  // Unknown words: <s> -0.5 - 2; behind one, nothing is known.
  check_log10s(model.score("d a"), {-2.5, -1, -0.25 - 0.75});
  CHECK(model.score("d a").lengths == std::vector<std::uint8_t>{0, 1, 1});
  // <s> in the middle of a text is a word like others; <s> a starts anew behind it.
  check_log10s(model.score("b <s> a", {.end = false}), {-0.5 - 1.25, 0.125 - 99, -0.5});
  check_log10s(model.score("a", {.begin = false, .end = false}), {-1});
  check_log10s(model.score(""), {-0.5 - 0.75});
  // a b a: back-off of a b, then b a; b a c: back-off 0 of b a, of a, then c.
  check_log10s(model.score("a b a c", {.begin = false, .end = false}), {-1, -0.25, -0.3125 - 0.875, -0.25 - 1.5});
  const NGramScore score = model.score("a b c");
  CHECK(score.sum() == doctest::Approx(-1.3125 * std::log(10.0)));
  CHECK(score.perplexity() == doctest::Approx(std::pow(10.0, 1.3125 / 4)));
}

TEST_CASE("n-gram model: contexts that miss between those that are there stay missing") {
  // The 4-gram a b c d is a context of e, though neither b c d nor c d is; d is. Then c d e and b c d e are none.
  const NGram model = load(
      "\\data\\\nngram 1=6\nngram 2=2\nngram 3=1\nngram 4=1\nngram 5=1\nngram 6=1\n\n"
      "\\1-grams:\n-1 x -0.5\n-1 a -0.5\n-1 b -0.5\n-1 c -0.5\n-1 d -0.5\n-1 e -0.5\n\n"
      "\\2-grams:\n-0.5 a b -0.25\n-0.5 x x -2\n\n\\3-grams:\n-0.5 a b c -0.25\n\n"
      "\\4-grams:\n-0.5 a b c d -0.25\n\n\\5-grams:\n-0.5 a b c d e -0.125\n\n"
      "\\6-grams:\n-0.5 a b c d e x\n\n\\end\\\n");
  const NGramScoreOptions bare{.begin = false, .end = false};
  check_log10s(model.score("a b c d e x", bare), {-1, -0.5, -0.5, -0.5, -0.5, -0.5});
  check_log10s(model.score("a b c d e d", bare), {-1, -0.5, -0.5, -0.5, -0.5, -0.125 - 0.5 - 1});
}

TEST_CASE("n-gram model: a file without <unk>, <s> or </s>") {
  const std::string text =
      test::replaced(test::replaced(test::small_arpa, "ngram 1=6", "ngram 1=5"), "-2\t<unk>\n", "");
  const NGram model = load(text);
  CHECK(model.vocabulary() == 6);
  CHECK(model.word(model.unknown()) == "<unk>");
  check_log10s(model.score("d", {.begin = false, .end = false}), {-100});
  const NGram strict = load(text, {.unknown_log10 = -std::numeric_limits<double>::infinity()});
  const NGramScore score = strict.score("d");
  CHECK(score.nll[0] == std::numeric_limits<float>::infinity());
  CHECK(score.perplexity() == std::numeric_limits<double>::infinity());
  CHECK(score.sum() == -std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(load(text, {.unknown_log10 = 1}), Error);
  CHECK_THROWS_AS(load(text, {.unknown_log10 = std::nan("")}), Error);

  const NGram plain = load("\\data\\\nngram 1=2\n\n\\1-grams:\n-0.5\ta\n-1 <UNK>\n\n\\end\\\n");
  CHECK_FALSE(plain.bos());
  CHECK_FALSE(plain.eos());
  CHECK(plain.order() == 1);
  CHECK(plain.start() == NGramState{});
  check_log10s(plain.score("a b a"), {-0.5, -1, -0.5});
}

TEST_CASE("n-gram model: states are values that say what counts") {
  const NGram model = load(test::small_arpa);
  const auto state = [&](std::string_view text) { return model.state(model.encode(text)); };
  CHECK(state("a b") == state("c c a b"));
  CHECK(state("a b") != state("b"));
  CHECK(state("b c") == state("c"));  // no bigram
  CHECK(state("a b c") == state("c"));
  CHECK(state("").length() == 0);
  CHECK(state("a b").length() == 2);
  CHECK(model.start() == state("<s>"));
  CHECK(model.context(state("c <s> a")) == model.encode("<s> a"));
  for (const char* text : {"", "a", "d", "a b", "c a", "b c", "<s> a"}) {
    CAPTURE(text);
    CHECK(model.state(model.context(state(text))) == state(text));
  }
  const NGramState before = state("a");
  CHECK(model.advance(before, 4) == state("a b"));
  CHECK(before == state("a"));
  CHECK_THROWS_AS((void)model.step(before, 6), Error);
  CHECK_THROWS_AS((void)model.step(before, -1), Error);
  const NGram other = load("\\data\\\nngram 1=1\n\n\\1-grams:\n-0.5\ta\n\n\\end\\\n");
  CHECK_THROWS_AS((void)other.step(before, 0), Error);
  CHECK_THROWS_AS((void)other.context(before), Error);
}

TEST_CASE("n-gram model: all words at once are the words one by one") {
  const NGram model = load(test::small_arpa);
  std::vector<float> all(model.vocabulary());
  for (const char* text : {"", "a", "<s> a", "a b", "c a", "d", "b c"}) {
    CAPTURE(text);
    const NGramState state = model.state(model.encode(text));
    model.log_probabilities(state, all);
    for (Token id = 0; id < 6; ++id) {
      if (id != model.bos()) CHECK(all[std::size_t(id)] == doctest::Approx(model.step(state, id).log_probability));
    }
    CHECK(all[1] == -std::numeric_limits<float>::infinity());
  }
  CHECK_THROWS_AS(model.log_probabilities({}, std::span(all).first(5)), Error);
}

TEST_CASE("n-gram model: generation through the sampler, the same for a seed") {
  const NGram model = load(test::small_arpa);
  const NGramText greedy = model.generate("");
  CHECK(greedy.text == "a b c");  // <s> a b c </s>: each the most likely
  CHECK(greedy.ids == std::vector<Token>{3, 4, 5, 2});
  CHECK(greedy.ended);
  CHECK(model.generate("a", {.max_tokens = 1}).text == "b");
  CHECK_FALSE(model.generate("a", {.max_tokens = 1}).ended);
  CHECK(model.generate("", {.max_tokens = 0}).ids.empty());
  const Sampler sampler{.steps = {Temperature{1.0f}}, .seed = 5};
  const NGramText drawn = model.generate("a", {.sampler = sampler});
  CHECK(model.generate("a", {.sampler = sampler}).ids == drawn.ids);
  CHECK(drawn.seed == 5);
  const Sampler banned{.steps = {BannedTokens{{3}}, Greedy{}}, .seed = {}};
  CHECK(model.generate("", {.sampler = banned}).ids == std::vector<Token>{2});
  CHECK_THROWS_AS((void)model.generate("", {.sampler = {{BannedTokens{{6}}}, {}}}), Error);
  // Without allow_unknown <unk> never comes, however likely.
  const NGram unknown = load("\\data\\\nngram 1=2\n\n\\1-grams:\n-1\ta\n-0.01 <unk>\n\n\\end\\\n");
  CHECK(unknown.generate("", {.max_tokens = 2}).text == "a a");
  CHECK(unknown.generate("", {.max_tokens = 2, .allow_unknown = true}).text == "<unk> <unk>");
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS((void)model.generate("", {.cancel = stop.get_token()}), Error);
}
