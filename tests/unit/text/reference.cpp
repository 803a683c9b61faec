// Ids, pieces and texts against the reference implementations' (data/vocabs, data/texts).
#include <doctest/doctest.h>
#include <simdjson.h>

#include <map>
#include <sstream>

#include "text/vocabularies.hpp"

using namespace simdjson;
using ondol::Token;
using Ids = std::vector<Token>;

namespace {

Ids ids_of(dom::element e) {
  Ids ids;
  for (const dom::element id : e.get_array()) ids.push_back(Token(int64_t(id)));
  return ids;
}

std::map<std::string, std::string> texts() {
  dom::parser parser;
  std::map<std::string, std::string> out;
  for (const auto [name, text] : parser.load(test::data("texts/texts.json").string()).get_object()) {
    out[std::string(name)] = std::string(std::string_view(text));
  }
  return out;
}

/// e + U+0301 and the like: qwen35's `.out` knows no NFC (README-text.md).
bool decomposed(const std::string& text) {
  for (const char* mark : {"\u0301", "\u0300", "\u0302", "\u0323"}) {
    if (text.find(mark) != text.npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("reference: the ids of every .inp/.out pair" * doctest::skip(!test::has_data())) {
  const std::string mark = "\n__ggml_vocab_test__\n";
  for (const std::string& name : test::vocabularies) {
    CAPTURE(name);
    const ondol::Tokenizer& tokenizer = test::tokenizer(name);
    const std::string texts = test::read(test::data("vocabs/" + name + ".inp"));
    std::istringstream lines(test::read(test::data("vocabs/" + name + ".out")));
    std::string line;
    int checked = 0, skipped = 0;
    for (std::size_t at = 0; std::getline(lines, line) && at <= texts.size();) {
      const std::size_t end = std::min(texts.find(mark, at), texts.size());
      const std::string text = texts.substr(at, end - at);
      at = end + mark.size();
      std::istringstream numbers(line);
      const Ids expected{std::istream_iterator<Token>(numbers), {}};
      CAPTURE(text);
      if (name == "qwen35" && decomposed(text)) {
        ++skipped;
        continue;
      }
      CHECK(tokenizer.encode(text, {.add_special = false}) == expected);
      ++checked;
    }
    CHECK(checked >= 45);
    CHECK(skipped <= 3);
  }
}

TEST_CASE("reference: plain and parsed ids, start and end tokens, decoded text" * doctest::skip(!test::has_data())) {
  const auto text_of = texts();
  dom::parser parser;
  int vocabularies = 0;
  for (const auto [key, entry] : parser.load(test::data("texts/expected.json").string()).get_object()) {
    const std::string name(key);
    if (!test::has_tokenizer(name)) continue;
    ++vocabularies;
    CAPTURE(name);
    const ondol::Tokenizer& tokenizer = test::tokenizer(name);
    CHECK(tokenizer.size() == uint64_t(entry["n_tokens"]));
    const Ids first = ids_of(entry["add_first"]), last = ids_of(entry["add_last"]);
    for (const auto [text_name, expected] : entry["texts"].get_object()) {
      const std::string& text = text_of.at(std::string(text_name));
      CAPTURE(text_name);
      dom::element given;
      const bool has_plain = expected["plain"].get(given) == SUCCESS && !given.is_null();
      const Ids plain = has_plain ? ids_of(given) : tokenizer.encode(text, {.add_special = false});
      CHECK(tokenizer.encode(text, {.add_special = false}) == plain);
      Ids whole = first;
      whole.insert(whole.end(), plain.begin(), plain.end());
      whole.insert(whole.end(), last.begin(), last.end());
      CHECK(tokenizer.encode(text) == whole);

      dom::element parse;
      const bool differs = expected["parse"].get(parse) == SUCCESS;
      if (!differs || !parse.is_null()) {
        CHECK(tokenizer.encode(text, {.add_special = false, .parse_special = true}) ==
              (differs ? ids_of(parse) : plain));
        // All of it marked as plain: as if it were not parsed.
        const ondol::TextRange all{0, text.size()};
        CHECK(tokenizer.encode(text, {.add_special = false, .parse_special = true, .plain = {&all, 1}}) == plain);
      }
      dom::element decoded;
      if (!has_plain) continue;
      CHECK(tokenizer.decode(plain) ==
            (expected["decoded"].get(decoded) == SUCCESS ? std::string_view(decoded) : std::string_view(text)));
    }
  }
  CHECK(vocabularies >= 14);
}

TEST_CASE("reference: the bytes of each token" * doctest::skip(!test::has_data())) {
  dom::parser parser;
  for (const auto [key, pieces] : parser.load(test::data("texts/pieces.json").string()).get_object()) {
    const std::string name(key);
    if (!test::has_tokenizer(name)) continue;
    CAPTURE(name);
    const ondol::Tokenizer& tokenizer = test::tokenizer(name);
    for (const auto [id, piece] : pieces.get_object()) {
      CAPTURE(id);
      std::string expected;
      std::string_view text;
      if (piece.get(text) == SUCCESS) {
        expected = text;
      } else {
        const std::string_view hex = piece["hex"];
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
          expected += char(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
        }
      }
      CHECK(tokenizer.token_bytes(std::stoi(std::string(id))) == expected);
    }
  }
}

TEST_CASE("reference: the side named right where implementations differ" * doctest::skip(!test::has_data())) {
  const auto text_of = texts();
  dom::parser parser;
  int checked = 0;
  for (const auto [key, entry] : parser.load(test::data("texts/disputed.json").string()).get_object()) {
    const std::string name(key);
    if (!test::has_tokenizer(name)) continue;
    CAPTURE(name);
    for (const auto [text_name, dispute] : entry.get_object()) {
      CAPTURE(text_name);
      const std::string& text = text_of.at(std::string(text_name));
      const std::string_view right = dispute["right"];
      for (const char* mode : {"plain", "parse"}) {
        dom::element sides;
        if (dispute[mode].get(sides) != SUCCESS) continue;
        CAPTURE(mode);
        const Ids ids =
            test::tokenizer(name).encode(text, {.add_special = false, .parse_special = mode == std::string("parse")});
        ++checked;
        if (right == "either") {
          CHECK((ids == ids_of(sides["hf"]) || ids == ids_of(sides["llama.cpp"])));
        } else {
          CHECK(ids == ids_of(sides[right]));
        }
      }
    }
  }
  CHECK(checked > 20);
}

TEST_CASE("reference: SmolLM2's and stories260K's prompts" * doctest::skip(!test::has_data())) {
  dom::parser parser;
  if (test::has_tokenizer("smollm2")) {
    const dom::element expected = parser.load(test::data("smollm2/expected.json").string());
    const ondol::Tokenizer& tokenizer = test::tokenizer("smollm2");
    for (const dom::element entry : expected["tokens"].get_array()) {
      const std::string_view text = entry["text"];
      CAPTURE(text);
      CHECK(tokenizer.encode(text, {.parse_special = true}) == ids_of(entry["ids"]));
    }
    const dom::element chat = expected["chat"];
    CHECK(tokenizer.encode(std::string_view(chat["rendered"]), {.parse_special = true}) == ids_of(chat["ids"]));
    Ids ends;
    for (Token id = 0; id < Token(tokenizer.size()); ++id) {
      if (tokenizer.is_end(id)) ends.push_back(id);
    }
    CHECK(ends == ids_of(expected["model"]["end_of_generation"]));
    CHECK(tokenizer.bos() == Token(int64_t(expected["model"]["bos"])));
    CHECK(tokenizer.eos() == Token(int64_t(expected["model"]["eos"])));
    CHECK(!tokenizer.adds_bos());
  }
  const dom::element stories = parser.load(test::data("stories260K/expected.json").string());
  for (const dom::element entry : stories["tokens_with_bos"].get_array()) {
    const std::string_view text = entry["text"];
    CAPTURE(text);
    dom::element own;
    const Ids ids = ids_of(entry["gguf_ids"].get(own) == SUCCESS ? own : entry["ids"].value());
    CHECK(test::tokenizer("stories260K").encode(text) == ids);
    if (entry["gguf_ids"].error()) {
      CHECK(test::tokenizer("stories260K").decode(ids, {.skip_special = true}) == std::string_view(entry["decoded"]));
    } else {
      CHECK(test::tokenizer("stories260K").decode(ids, {.skip_special = true}) == text);
    }
  }
}
