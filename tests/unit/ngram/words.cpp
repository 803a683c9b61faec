#include "ngram/words.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "ngram/units.hpp"
#include "runtime/state.hpp"

namespace {

using namespace ondol;
using namespace ondol::ngram;

std::vector<std::string> pieces(std::string_view text, NGramUnit unit) {
  std::vector<std::string_view> words;
  split(text, unit, words);
  return {words.begin(), words.end()};
}

std::string joined(const std::vector<std::string>& words, NGramUnit unit) {
  std::string text;
  for (const std::string& word : words) join(text, word, unit);
  return text;
}

}  // namespace

TEST_CASE("n-gram words: ids in order, found one by one and together, also after growing") {
  Words words(Runtime::shared().state()->memory);
  CHECK(words.find("x") == none);
  const auto text = [](std::uint32_t i) { return i == 7 ? std::string() : "단어" + std::to_string(i * i); };
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const auto [id, fresh] = words.add(text(i));
    CHECK(id == i);
    CHECK(fresh);
  }
  CHECK_FALSE(words.add(text(4999)).fresh);
  words.shrink();
  std::vector<std::string> asked;
  for (std::uint32_t i = 0; i < 6000; ++i) asked.push_back(text(i));
  const std::vector<std::string_view> views(asked.begin(), asked.end());
  std::vector<std::uint32_t> ids(views.size());
  words.find_all(views, ids);
  for (std::uint32_t i = 0; i < 6000; ++i) {
    CHECK(ids[i] == (i < 5000 ? i : none));
    CHECK(words.find(asked[i]) == ids[i]);
    if (i < 5000) CHECK(words[i] == asked[i]);
  }
}

TEST_CASE("n-gram words: the memory cap holds") {
  Words words(Runtime({.memory_limit = 100000}).state()->memory);
  CHECK_THROWS_WITH_AS(
      [&] {
        for (int i = 0; i < 100000; ++i) words.add(std::to_string(i));
      }(),
      doctest::Contains("memory limit"), Error);
}

TEST_CASE("n-gram units: whitespace is ASCII, characters are code points, bytes are bytes") {
  using Strings = std::vector<std::string>;
  // U+00A0 and U+3000 are letters of words; 0x85 and 0xA0 occur inside of other characters ("\xE3\x85\xA0").
  CHECK(pieces(" 오늘\t날씨가 \r\n\v\f좋네요\xC2\xA0ㅠ ", NGramUnit::words) ==
        Strings{"오늘", "날씨가", "좋네요\xC2\xA0ㅠ"});
  CHECK(pieces(std::string_view("a\0b", 3), NGramUnit::words) == Strings{"a", "b"});
  CHECK(pieces("\xFF\xFE x", NGramUnit::words) == Strings{"\xFF\xFE", "x"});
  CHECK(pieces("  ", NGramUnit::words).empty());
  CHECK(pieces("좋아 a\xFF", NGramUnit::characters) == Strings{"좋", "아", "\u2581", "a", "\uFFFD"});
  CHECK(pieces("\xEC\n", NGramUnit::bytes) == Strings{"<0xEC>", "<0x0A>"});

  CHECK(joined({"오늘", "날씨가"}, NGramUnit::words) == "오늘 날씨가");
  for (const NGramUnit unit : {NGramUnit::words, NGramUnit::characters, NGramUnit::bytes}) {
    CHECK(joined(pieces("오늘 날씨가 좋네요 :)", unit), unit) == "오늘 날씨가 좋네요 :)");
    CHECK(unit_named(ngram_unit_name(unit)) == unit);
  }
  CHECK_FALSE(unit_named("word").has_value());
}
