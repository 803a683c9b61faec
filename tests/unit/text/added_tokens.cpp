#include "text/added_tokens.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "text/source.hpp"

using namespace ondol;
using Ids = std::vector<Token>;

namespace {

/// Ids from 256 on: <|a|> control, <|a|>b control, <x> user-defined, <x><x> user-defined, <u> unknown.
test::Source added() {
  test::Source s = test::byte_level({"<|a|>", "<|a|>b", "<x>", "<x><x>", "<u>"}, {});
  std::vector<double>& types = s.number_arrays["tokenizer.ggml.token_type"];
  types[256] = types[257] = 3;
  types[258] = types[259] = 4;
  types[260] = 2;
  return s;
}

}  // namespace

TEST_CASE("added tokens: the first in the text, then the longest; control tokens only where asked for") {
  const Tokenizer t = make_tokenizer(added());
  const EncodeOptions parse{.parse_special = true};
  CHECK(t.encode("<|a|>bc", parse) == Ids{257, 'c'});
  CHECK(t.encode("<|a|>c", parse) == Ids{256, 'c'});
  CHECK(t.encode("<x><x><x>", parse) == Ids{259, 258});
  CHECK(t.encode("<x><x><x>") == Ids{259, 258});
  CHECK(t.encode("<u>", parse) == Ids{260});
  for (const char* text : {"<|a|>", "<|a|>b", "<u>"}) {
    CAPTURE(text);
    for (const Token id : t.encode(text)) CHECK(id < 256);
    CHECK(t.decode(t.encode(text)) == text);
  }
  CHECK(t.encode("", parse).empty());
}

TEST_CASE("added tokens: plain ranges keep control tokens out, and cut nothing else") {
  const Tokenizer t = make_tokenizer(added());
  const std::string text = "<|a|>hi<|a|><x>";
  const auto encode = [&](std::vector<TextRange> plain) {
    return t.encode(text, {.parse_special = true, .plain = plain});
  };
  CHECK(encode({}).front() == 256);
  // The second one stands in a plain range; user-defined tokens match there all the same.
  const Ids ids = encode({{5, text.size()}});
  CHECK(ids.front() == 256);
  CHECK(ids.back() == 258);
  CHECK(std::count(ids.begin(), ids.end(), 256) == 1);
  CHECK(t.decode(ids) == text);
  // One byte of overlap is enough; an empty range is none.
  const Ids touched = encode({{4, 5}, {7, 8}});
  CHECK(std::count(touched.begin(), touched.end(), 256) == 0);
  const Ids untouched = encode({{3, 3}, {5, 7}});
  CHECK(std::count(untouched.begin(), untouched.end(), 256) == 2);
  // A range that reaches into the longer token leaves the shorter one.
  const std::string longer = "<|a|>b";
  const TextRange last{5, 6};
  CHECK(t.encode(longer, {.parse_special = true, .plain = {&last, 1}}) == Ids{256, 'b'});
}

TEST_CASE("added tokens: ranges out of order or outside are errors") {
  const Tokenizer t = make_tokenizer(added());
  for (const std::vector<TextRange>& bad :
       {std::vector<TextRange>{{0, 6}}, {{3, 2}}, {{2, 3}, {1, 2}}, {{0, 3}, {2, 4}}}) {
    CHECK_THROWS_WITH_AS(t.encode("hello", {.plain = bad}), doctest::Contains("plain range"), Error);
  }
}

TEST_CASE("added tokens: white space goes with tokens that strip it") {
  const text::AddedTokens added({{.text = "<m>", .id = 0, .control = true, .strips_before = true},
                                 {.text = "<e>", .id = 1, .control = true, .strips_after = true}});
  const std::string text = "a \u3000<m> b<e>\n\u00A0 c<m>";
  text::AddedTokens::Search search(added, text, true, {});
  const auto next = [&] {
    const auto m = search.next();
    return text.substr(m.value().begin, m.value().end - m.value().begin);
  };
  CHECK(next() == " \u3000<m>");
  CHECK(next() == "<e>\n\u00A0 ");
  CHECK(next() == "<m>");
  CHECK(!search.next());
}
