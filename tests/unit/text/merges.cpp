#include "text/models/merges.hpp"

#include <doctest/doctest.h>

#include <random>

#include "text/source.hpp"

using ondol::Token;
using ondol::text::Merges;
using ondol::text::TokenType;
using ondol::text::Vocabulary;

namespace {

std::string joined(const ondol::Tokenizer& tokenizer, std::string_view text) {
  std::string out;
  for (const Token id : tokenizer.encode(text)) {
    if (!out.empty()) out += '|';
    out += tokenizer.token_bytes(id);
  }
  return out;
}

/// The definition: the lowest rank present, leftmost first, one merge at a time.
std::vector<Token> by_definition(const Merges& merges, std::vector<Token> symbols) {
  for (;;) {
    std::size_t best = 0;
    std::uint64_t lowest = Merges::none;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      const std::uint64_t merge = merges.find(symbols[i], symbols[i + 1]);
      if (merge >> 32 < lowest >> 32) lowest = merge, best = i;
    }
    if (lowest == Merges::none) return symbols;
    symbols[best] = Token(std::uint32_t(lowest));
    symbols.erase(symbols.begin() + std::ptrdiff_t(best) + 1);
  }
}

}  // namespace

TEST_CASE("merges: by hand (T8)") {
  const auto tokenizer = ondol::make_tokenizer(
      test::byte_level({"er", "lo", "low", "wer", "slow"}, {"e r", "l o", "lo w", "w er", "s low"}));
  CHECK(joined(tokenizer, "low") == "low");
  CHECK(joined(tokenizer, "lower") == "low|er");
  CHECK(joined(tokenizer, "slower") == "slow|er");
  CHECK(joined(tokenizer, "owl") == "o|w|l");
}

TEST_CASE("merges: any length equals the definition") {
  // Random merges over four letters, some of whose results merge on at a lower rank than their own.
  std::mt19937 random(7);
  std::vector<std::string> tokens = {"a", "b", "c", "d"}, rules;
  while (tokens.size() < 120) {
    const std::string left = tokens[random() % tokens.size()], right = tokens[random() % tokens.size()];
    if (left.size() + right.size() > 9) continue;
    if (std::find(tokens.begin(), tokens.end(), left + right) == tokens.end()) tokens.push_back(left + right);
    rules.push_back(left + " " + right);
  }
  std::shuffle(rules.begin(), rules.end(), random);
  const std::vector<std::string_view> token_views(tokens.begin(), tokens.end()), views(rules.begin(), rules.end());
  const Vocabulary vocabulary(token_views, std::vector<TokenType>(tokens.size(), TokenType::normal));
  const Merges merges(vocabulary, ondol::text::split_rules(views));
  for (std::size_t length = 0; length < 400; length += 1 + length / 8) {
    for (int letters = 1; letters <= 4; ++letters) {
      std::vector<Token> symbols(length);
      for (Token& s : symbols) s = Token(random() % unsigned(letters));
      const std::vector<Token> expected = by_definition(merges, symbols);
      std::vector<Token> out;
      std::vector<std::uint32_t> starts;
      std::vector<Token> copy = symbols;
      merges.apply(copy, out, &starts);
      CHECK(out == expected);
      REQUIRE(starts.size() == out.size());
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t end = i + 1 < out.size() ? starts[i + 1] : symbols.size();
        std::string text;
        for (std::size_t k = starts[i]; k < end; ++k) text += tokens[std::size_t(symbols[k])];
        CHECK(text == tokens[std::size_t(out[i])]);
      }
      out.clear();
      merges.apply(symbols, out);
      CHECK(out == expected);
    }
  }
}

TEST_CASE("merges: a rule outside of the vocabulary is an error that names it") {
  CHECK_THROWS_WITH_AS(ondol::make_tokenizer(test::byte_level({"ab"}, {"a b", "ab c"})),
                       doctest::Contains("made.gguf: merge 1 is 'ab c': 'abc' is not in the vocabulary"), ondol::Error);
  CHECK_THROWS_WITH_AS(ondol::make_tokenizer(test::byte_level({"ab"}, {"ab"})), doctest::Contains("two parts expected"),
                       ondol::Error);
}
