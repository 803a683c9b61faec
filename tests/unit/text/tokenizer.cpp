#include "ondol/tokenizer.hpp"

#include <doctest/doctest.h>
#include <simdjson.h>

#include <chrono>
#include <random>
#include <thread>

#include "base/utf8.hpp"
#include "text/normalize/normalizers.hpp"
#include "text/source.hpp"
#include "text/vocabularies.hpp"

using namespace ondol;
using Ids = std::vector<Token>;

namespace {

/// Text of every kind, valid or not.
std::string random_text(std::mt19937& random, bool valid) {
  static const std::vector<std::string> parts = {"the ",
                                                 "kettle",
                                                 " ",
                                                 "  ",
                                                 "\n",
                                                 "\t",
                                                 "온돌",
                                                 "따뜻",
                                                 "漢字",
                                                 "é",
                                                 "e\u0301",
                                                 "🙂",
                                                 "\U0001F468\u200D\U0001F469",
                                                 "123",
                                                 "'s",
                                                 "!?",
                                                 "<|im_end|>",
                                                 "</s>",
                                                 "\u2581",
                                                 "\u0120",
                                                 "<0x0A>",
                                                 std::string(1, '\0'),
                                                 "\u00A0",
                                                 "a",
                                                 "Ω"};
  static const std::vector<std::string> wrong = {"\xFF", "\xE3\x81", "\x80", "\xF0\x9F", "\xC0\x80", "\xED\xA0\x80"};
  std::string text;
  for (unsigned n = random() % 24; n > 0; --n) {
    text += !valid && random() % 4 == 0 ? wrong[random() % wrong.size()] : parts[random() % parts.size()];
  }
  return text;
}

Ids ids_of(simdjson::dom::element e) {
  Ids ids;
  for (const simdjson::dom::element id : e.get_array()) ids.push_back(Token(int64_t(id)));
  return ids;
}

std::string repeat(std::string_view unit, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += unit;
  return out;
}

}  // namespace

TEST_CASE("tokenizer: text as bytes, there and back (T7)" * doctest::skip(!test::has_data())) {
  const Tokenizer& stories = test::tokenizer("stories260K");
  CHECK(stories.encode("온돌", {.add_special = false}) == Ids{410, 239, 155, 171, 238, 146, 143});
  CHECK(stories.decode_bytes(Ids{239, 155, 171, 238, 146, 143}) == "\xEC\x98\xA8\xEB\x8F\x8C");
  Detokenizer stream(stories);
  std::vector<std::string> given;
  for (const Token id : {410, 239, 155, 171, 238, 146, 143}) given.push_back(stream.add(id));
  CHECK(given == std::vector<std::string>{"", "", "", "온", "", "", "돌"});
  CHECK(stream.flush() == "");

  std::mt19937 random(3);
  for (const std::string name :
       {"stories260K", "gpt-2", "llama-bpe", "llama-spm", "deepseek-llm", "starcoder", "gemma-4"}) {
    CAPTURE(name);
    const Tokenizer& t = test::tokenizer(name);
    bool all_bytes = true;  // some lack bytes that no UTF-8 has
    for (unsigned b = 0; b < 256; ++b) {
      const std::string text(1, char(b));
      const bool kept = t.decode_bytes(t.encode(text, {.add_special = false})) == text;
      CHECK((kept || b == 0xC0 || b == 0xC1 || b >= 0xF5 || (name == "starcoder" && b == 0xF1)));
      all_bytes = all_bytes && kept;
    }
    CHECK((all_bytes || name == "deepseek-llm" || name == "starcoder"));
    for (int i = 0; i < 300; ++i) {
      const std::string text = random_text(random, !all_bytes || i % 2 == 0);
      CAPTURE(text);
      const Ids ids = t.encode(text, {.add_special = false});
      ondol::text::AlignedText blanks(text, false);  // these vocabularies cannot tell U+2581 from a space
      if (t.find("\u2581")) ondol::text::Replace("\u2581", " ").apply(blanks);
      const std::string& expected = blanks.text;
      CHECK(t.decode_bytes(ids) == expected);
      CHECK(t.decode(ids) == utf8_repair(expected));
    }
  }
}

TEST_CASE("tokenizer: digits, letters and dots (T10), a chat prompt" * doctest::skip(!test::has_data())) {
  simdjson::dom::parser parser;
  const simdjson::dom::element examples = parser.load(test::data("examples/tokens.json").string());
  const auto check = [](const std::string& name, std::string_view text, simdjson::dom::element expected) {
    if (!test::has_tokenizer(name)) return;
    CAPTURE(name);
    CAPTURE(text);
    CHECK(test::tokenizer(name).encode(text, {.add_special = false, .parse_special = true}) == ids_of(expected));
  };
  for (const simdjson::dom::element piece : examples["pieces"].get_array()) {
    for (const std::string name : {"smollm2", "gpt-2", "llama-bpe", "qwen2"}) check(name, piece["text"], piece[name]);
  }
  for (const simdjson::dom::element dots : examples["dots"].get_array()) {
    check("smollm2", std::string(uint64_t(dots["n"]), '.'), dots["smollm2"]);
  }
  check("llama-bpe", examples["llama3_chat"]["text"], examples["llama3_chat"]["llama_bpe_ids"]);
}

TEST_CASE("tokenizer: vocabulary size against length (T11)" * doctest::skip(!test::has_data())) {
  simdjson::dom::parser parser;
  const simdjson::dom::element examples = parser.load(test::data("examples/tokens.json").string());
  int checked = 0;
  for (const simdjson::dom::element row : examples["counts"].get_array()) {
    const std::string_view vocabulary = row["vocabulary"];
    std::string name(vocabulary);
    if (name == "SmolLM2") name = "smollm2";
    if (name == "tok512 (stories260K)") name = "stories260K";
    if (name == "bytes" || !test::has_tokenizer(name)) continue;
    CAPTURE(name);
    const Tokenizer& t = test::tokenizer(name);
    CHECK(t.size() == uint64_t(row["size"]));
    for (const std::string language : {"english", "korean"}) {
      const Ids ids = t.encode(std::string_view(examples[language]), {.add_special = false});
      CHECK(ids.size() == uint64_t(row[language + "_tokens"]));
    }
    ++checked;
  }
  CHECK(checked >= 8);
}

TEST_CASE("tokenizer: streams cut anywhere give what decode gives" * doctest::skip(!test::has_data())) {
  std::mt19937 random(5);
  for (const std::string name : {"stories260K", "gpt-2", "llama-spm", "phi-3", "qwen2", "gemma-4"}) {
    CAPTURE(name);
    const Tokenizer& t = test::tokenizer(name);
    for (int i = 0; i < 300; ++i) {
      // Random ids too: sequences of bytes that are no text.
      Ids ids = t.encode(random_text(random, false), {.parse_special = true});
      for (unsigned n = random() % 8; n > 0; --n) {
        ids.insert(ids.begin() + std::ptrdiff_t(random() % (ids.size() + 1)),
                   Token(random() % (i % 2 ? 512 : t.size())));
      }
      for (const bool skip : {false, true}) {
        Detokenizer stream(t, {.skip_special = skip});
        std::string joined;
        for (const Token id : ids) {
          const std::string piece = stream.add(id);
          CHECK(utf8_valid(piece));
          CHECK(stream.pending().size() <= 3);
          joined += piece;
        }
        joined += stream.flush();
        CHECK(joined == t.decode(ids, {.skip_special = skip}));
        CHECK(stream.flush() == "");
      }
    }
  }
}

TEST_CASE("tokenizer: a megabyte of one thing takes a few times as long as prose" * doctest::skip(!test::has_data())) {
  constexpr std::size_t size = 1 << 20;
  const auto seconds = [](const Tokenizer& t, const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    CHECK(!t.encode(text).empty());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  for (const std::string name : {"gpt-2", "llama-bpe", "qwen2", "deepseek-llm", "command-r", "llama-spm", "gemma-4"}) {
    CAPTURE(name);
    const Tokenizer& t = test::tokenizer(name);
    const double prose = seconds(t, repeat(test::read(test::data("smollm2/text.txt")), size));
    for (const char* unit : {"a", "A", " ", "\n", "9", "!", "\u0301", "\u0323\u0301", "\uAC00", "\u1112\u1161\u11AB",
                             "\xFF", "\xE3\x81", "<|im_end|", "<"}) {
      CAPTURE(unit);
      CHECK(seconds(t, repeat(unit, size)) < 12 * prose + 0.3);
    }
  }
}

TEST_CASE("tokenizer: eight threads at once give the ids of one" * doctest::skip(!test::has_data())) {
  for (const std::string name : {"gpt-2", "llama-spm", "gemma-4"}) {
    CAPTURE(name);
    // A fresh one, which has learnt no words yet.
    const Tokenizer t = Tokenizer::load(test::unpacked("vocabs/" + name + ".gguf").string());
    std::mt19937 random(11);
    std::vector<std::string> texts;
    for (int i = 0; i < 100; ++i) texts.push_back(random_text(random, false) + std::string(std::size_t(i) * 20, 'x'));
    std::vector<std::vector<Ids>> found(8);
    std::vector<std::thread> threads;
    for (auto& mine : found) {
      threads.emplace_back([&] {
        for (const std::string& text : texts) mine.push_back(t.encode(text));
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& mine : found) CHECK(mine == found[0]);
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(t.encode(texts[i]) == found[0][i]);
  }
}
