#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "generate/models.hpp"
#include "ondol/error.hpp"
#include "ondol/generate.hpp"

using namespace ondol;  // NOLINT: the library is the subject

TEST_CASE("score: nll of 128 tokens of stories260K") {
  const Json& expected = test::reference("stories260K/expected.json").at("nll_first_case_128");
  const Score result = score(test::stories_exact(), test::ids(expected.at("ids")));
  const std::vector<double> nll = test::numbers(expected.at("nll"));
  REQUIRE(result.nll.size() == nll.size());
  for (std::size_t i = 0; i < nll.size(); ++i) CHECK(std::fabs(double{result.nll[i]} - nll[i]) < 1e-5);
  CHECK(-result.sum() / 127 == doctest::Approx(test::number(expected.at("mean"))).epsilon(1e-5));
  CHECK(result.perplexity() == doctest::Approx(std::exp(test::number(expected.at("mean")))).epsilon(1e-5));
}

TEST_CASE("score: a continuation's values are those of the joined text, wherever it is cut") {
  const std::vector<Token> ids =
      test::ids(test::reference("stories260K/expected.json").at("nll_first_case_128").at("ids"));
  const Score whole = score(test::stories(), ids);
  for (const std::size_t cut : {1u, 2u, 63u, 64u, 65u, 127u}) {
    CAPTURE(cut);
    const std::vector<Token> prompt(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(cut));
    const std::vector<Token> rest(ids.begin() + static_cast<std::ptrdiff_t>(cut), ids.end());
    const Score part = score(test::stories(), prompt, rest);
    CHECK(part.ids == rest);
    CHECK(part.nll == std::vector<float>(whole.nll.begin() + static_cast<std::ptrdiff_t>(cut - 1), whole.nll.end()));
  }
}

TEST_CASE("score: text gets start tokens, a continuation none") {
  const Tokenizer& tokenizer = test::stories().tokenizer();
  CHECK(score(test::stories(), "Once upon").ids == tokenizer.encode("Once upon"));
  CHECK(score(test::stories(), "Once upon", " a time").ids == tokenizer.encode(" a time", {.add_special = false}));
}

TEST_CASE("score: one token has no values; nothing, too much and a stop request are errors") {
  CHECK(score(test::stories(), std::vector<Token>{5}).nll.empty());
  CHECK(score(test::stories(), std::vector<Token>{5}).perplexity() == 1);
  CHECK_THROWS_WITH_AS(score(test::stories(), std::vector<Token>{}), "score: the text is empty", Error);
  CHECK_THROWS_WITH_AS(score(test::stories(), std::vector<Token>{1}, std::vector<Token>{}),
                       "score: the continuation is empty", Error);
  CHECK_THROWS_WITH_AS(score(test::stories(), std::vector<Token>(513, 1)),
                       "score: the text has 513 tokens, the context 512 positions", Error);
  CHECK(score(test::stories(), std::vector<Token>(512, 1)).nll.size() == 511);
  std::stop_source source;
  source.request_stop();
  CHECK_THROWS_AS(score(test::stories(), std::vector<Token>{1, 2}, source.get_token()), Error);
}
