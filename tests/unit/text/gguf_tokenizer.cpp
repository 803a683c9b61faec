// What files say: keys, defaults, and vocabularies that are damaged or odd.
#include <doctest/doctest.h>

#include <limits>
#include <random>

#include "text/source.hpp"
#include "text/vocabularies.hpp"

using namespace ondol;
using Ids = std::vector<Token>;

namespace {

Status status_of(const test::Source& source, const TokenizerOptions& options = {}) {
  try {
    (void)make_tokenizer(source, options);
    return Status::ok;
  } catch (const Error& e) {
    CHECK(std::string(e.what()).find("made.gguf") != std::string::npos);
    return e.code();
  }
}

}  // namespace

TEST_CASE("gguf vocabulary: an unknown or missing pre-tokenizer is refused by name unless overridden") {
  test::Source s = test::byte_level({"ab"}, {"a b"}, "brand-new");
  CHECK_THROWS_WITH_AS(make_tokenizer(s), doctest::Contains("pre-tokenizer 'brand-new' is not known"), Error);
  CHECK_THROWS_WITH_AS(make_tokenizer(s), doctest::Contains("the option pre_tokenizer"), Error);
  CHECK(status_of(s) == Status::unsupported);
  CHECK(make_tokenizer(s, {.pre_tokenizer = "gpt-2"}).encode("ab") == Ids{256});
  s.strings.erase("tokenizer.ggml.pre");
  CHECK(status_of(s) == Status::unsupported);
  CHECK(make_tokenizer(s, {.pre_tokenizer = "default"}).encode("ab") == Ids{256});
  CHECK(status_of(s, {.pre_tokenizer = "no-such"}) == Status::unsupported);
  // A vocabulary without pre-tokenizers does not take one in silence.
  CHECK(status_of(test::sentence_piece({"a"}), {.pre_tokenizer = "gpt-2"}) == Status::invalid_argument);
}

TEST_CASE("gguf vocabulary: none, and kinds that are not known") {
  test::Source s;
  CHECK(status_of(s) == Status::no_vocabulary);
  s.strings["tokenizer.ggml.model"] = "none";
  CHECK(status_of(s) == Status::no_vocabulary);
  for (const char* model : {"hybriddna", "made-up"}) {
    s.strings["tokenizer.ggml.model"] = model;
    CHECK(status_of(s) == Status::unsupported);
    CHECK_THROWS_WITH_AS(make_tokenizer(s), doctest::Contains(model), Error);
  }
  s.strings["tokenizer.ggml.model"] = "gpt2";
  s.strings["tokenizer.ggml.pre"] = "gpt-2";
  CHECK(status_of(s) == Status::no_vocabulary);
  s.string_arrays["tokenizer.ggml.tokens"] = {"a"};
  CHECK(status_of(s) == Status::bad_file);  // no merges
}

TEST_CASE("gguf vocabulary: arrays that do not fit the tokens") {
  for (const std::size_t n : {std::size_t(0), std::size_t(3), std::size_t(1000)}) {
    test::Source scores = test::sentence_piece({"a", "b"});
    scores.number_arrays["tokenizer.ggml.scores"].resize(n);
    CHECK(status_of(scores) == Status::bad_file);
    test::Source types = test::sentence_piece({"a", "b"});
    types.number_arrays["tokenizer.ggml.token_type"].resize(n);
    CHECK(status_of(types) == Status::bad_file);
  }
  test::Source s = test::sentence_piece({"a"});
  s.number_arrays["tokenizer.ggml.scores"].back() = std::numeric_limits<double>::quiet_NaN();
  CHECK(status_of(s) == Status::bad_file);
  s = test::sentence_piece({"a"});
  s.number_arrays["tokenizer.ggml.token_type"].back() = 7;
  CHECK(status_of(s) == Status::bad_file);
  s = test::sentence_piece({"a"});
  s.number_arrays.erase("tokenizer.ggml.scores");
  CHECK(status_of(s) == Status::bad_file);
}

TEST_CASE("gguf vocabulary: special ids outside of it") {
  for (const char* key : {"bos", "eos", "unknown", "padding", "eot"}) {
    for (const std::int64_t id : {std::int64_t(260), std::int64_t(-2), std::int64_t(1) << 40}) {
      test::Source s = test::sentence_piece({"a"});
      s.numbers_[std::string("tokenizer.ggml.") + key + "_token_id"] = id;
      CHECK(status_of(s) == Status::bad_file);
    }
  }
  test::Source s = test::sentence_piece({"a"});
  s.numbers_["tokenizer.ggml.eos_token_id"] = 0xFFFFFFFF;
  CHECK(!make_tokenizer(s).eos());
}

TEST_CASE("gguf vocabulary: one token, one spelling twice, empty spellings, odd bytes") {
  test::Source one;
  one.strings["tokenizer.ggml.model"] = "llama";
  one.string_arrays["tokenizer.ggml.tokens"] = {"a"};
  one.number_arrays["tokenizer.ggml.scores"] = {0};
  const Tokenizer t = make_tokenizer(one);
  CHECK(t.encode("xay") == Ids{0});  // nothing for the rest, not even an unknown token
  CHECK(!t.bos());

  test::Source twice = test::sentence_piece({"a", "b", "ab", "ab", "", "\u2581"});
  CHECK(make_tokenizer(twice).encode("ab", {.add_special = false}) == Ids{264, 261});
  CHECK(make_tokenizer(twice).token_bytes(262) == "ab");
  CHECK(make_tokenizer(twice).find("ab") == 261);

  test::Source odd = test::sentence_piece({"<0x-1>", "\u2581"});
  odd.number_arrays["tokenizer.ggml.token_type"][259] = 6;
  CHECK(make_tokenizer(odd).token_bytes(259) == "<0x-1>");
  CHECK(make_tokenizer(odd).token_bytes(3 + 0x0A) == "\n");
  CHECK(make_tokenizer(odd).decode(make_tokenizer(odd).encode("<0x-1>")) == "<s> <0x-1>");

  test::Source bytes = test::byte_level({"a", "", "\xFF"}, {});
  const Tokenizer b = make_tokenizer(bytes);
  CHECK(b.encode("a") == Ids{'a'});
  CHECK(b.token_bytes(257) == "");
  CHECK(b.token_bytes(258) == "\xFF");
  CHECK(b.decode(Ids{258}) == "\uFFFD");
}

TEST_CASE("gguf vocabulary: SentencePiece without byte tokens gives the unknown token, once for a run") {
  test::Source s;
  s.strings["tokenizer.ggml.model"] = "llama";
  s.string_arrays["tokenizer.ggml.tokens"] = {"<unk>",
                                              "<s>",
                                              "</s>",
                                              "\u2581",
                                              "a",
                                              "\u2581"
                                              "a"};
  s.number_arrays["tokenizer.ggml.scores"] = {0, 0, 0, -1, -2, -3};
  s.number_arrays["tokenizer.ggml.token_type"] = {2, 3, 3, 1, 1, 1};
  const Tokenizer t = make_tokenizer(s);
  CHECK(t.encode("axyza") == Ids{1, 5, 0, 4});
  CHECK(t.encode("a\xFFx\xFE") == Ids{1, 5, 0});
  CHECK(t.unknown() == 0);
  CHECK(t.bos() == 1);
  CHECK(t.adds_bos());
  CHECK(!t.adds_eos());
  // Old files have no types: they go by the spelling.
  s.number_arrays.erase("tokenizer.ggml.token_type");
  CHECK(make_tokenizer(s).encode("a</s>") == Ids{1, 5, 0});
  CHECK(make_tokenizer(s).encode("a</s>", {.parse_special = true}) == Ids{1, 5, 2});
}

TEST_CASE("gguf vocabulary: SentencePiece's words of any length equal the definition") {
  // The best score first, leftmost of equals. From 512 bytes on words are merged by ourselves, not by the library.
  const std::vector<std::string> pieces = {"a", "b", "aa", "ab", "ba", "aab", "aaaa", "bab", "bb", "baab", "\u2581"};
  test::Source source = test::sentence_piece(pieces);
  std::vector<double>& scores = source.number_arrays["tokenizer.ggml.scores"];
  scores[259 + 3] = scores[259 + 4];  // "ab" and "ba"
  source.numbers_["tokenizer.ggml.add_space_prefix"] = 0;
  const Tokenizer t = make_tokenizer(source);
  std::mt19937 random(2);
  for (std::size_t length = 1; length < 1500; length += 1 + length / 10) {
    std::string text;
    std::vector<std::string> symbols;
    while (text.size() < length) {
      text += random() % 3 != 0 ? 'a' : 'b';
      symbols.emplace_back(1, text.back());
    }
    for (;;) {
      std::size_t best = symbols.size();
      double highest = -1e9;
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
        const auto id = t.find(symbols[i] + symbols[i + 1]);
        if (id && scores[std::size_t(*id)] > highest) highest = scores[std::size_t(*id)], best = i;
      }
      if (best == symbols.size()) break;
      symbols[best] += symbols[best + 1];
      symbols.erase(symbols.begin() + std::ptrdiff_t(best) + 1);
    }
    Ids expected;
    for (const std::string& symbol : symbols) expected.push_back(t.find(symbol).value());
    CAPTURE(length);
    CHECK(t.encode(text, {.add_special = false}) == expected);
  }
}

TEST_CASE("gguf vocabulary: space prefix, extra spaces, start and end tokens") {
  test::Source s = test::sentence_piece({"\u2581", "a",
                                         "\u2581"
                                         "a"});
  CHECK(make_tokenizer(s).encode("a a") == Ids{1, 261, 261});
  CHECK(make_tokenizer(s).encode("a</s>a", {.parse_special = true}) == Ids{1, 261, 2, 261});
  CHECK(make_tokenizer(s).decode(Ids{261, 261}) == "a a");
  CHECK(make_tokenizer(s).decode(Ids{1, 261, 261}, {.skip_special = true}) == "a a");
  s.numbers_["tokenizer.ggml.add_space_prefix"] = 0;
  s.numbers_["tokenizer.ggml.add_eos_token"] = 1;
  s.numbers_["tokenizer.ggml.add_bos_token"] = 0;
  CHECK(make_tokenizer(s).encode("a a") == Ids{260, 261, 2});
  CHECK(make_tokenizer(s).decode(Ids{261, 261}) == " a a");
  s.numbers_["tokenizer.ggml.remove_extra_whitespaces"] = 1;
  CHECK(make_tokenizer(s).encode("  a   a ") == Ids{260, 261, 2});
}

TEST_CASE("tokenizer: ids outside of the vocabulary are errors that say its size") {
  const Tokenizer t = make_tokenizer(test::byte_level({}, {}));
  Detokenizer stream(t);
  for (const Token id : {-1, 256, 1000000000, std::numeric_limits<Token>::min()}) {
    CHECK_THROWS_WITH_AS(t.decode(Ids{id}), doctest::Contains("ids are 0 .. 255"), Error);
    CHECK_THROWS_AS(t.token_bytes(id), Error);
    CHECK_THROWS_AS((void)t.token_text(id), Error);
    CHECK_THROWS_AS((void)t.is_special(id), Error);
    CHECK_THROWS_AS((void)t.is_end(id), Error);
    CHECK_THROWS_AS(stream.add(id), Error);
  }
}

TEST_CASE("gguf vocabulary: ends of a turn by key and by spelling") {
  test::Source s = test::byte_level({"<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|other|>", "<|end|>"}, {});
  std::vector<double>& types = s.number_arrays["tokenizer.ggml.token_type"];
  types[256] = types[259] = 3;
  types[257] = 4;  // added, but not marked as control: it ends turns, so user text must not become it
  types[260] = 3;
  s.numbers_["tokenizer.ggml.eos_token_id"] = 259;
  const Tokenizer t = make_tokenizer(s);
  CHECK(t.is_end(256));
  CHECK(t.is_end(257));
  CHECK(!t.is_end(258));  // an ordinary token
  CHECK(t.is_end(259));
  CHECK(t.is_end(260));
  CHECK(t.is_special(257));
  CHECK(t.encode("<|im_end|>").size() > 1);
  CHECK(t.encode("<|im_end|>", {.parse_special = true}) == Ids{257});
}
