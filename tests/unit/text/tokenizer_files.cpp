// Tokenizers from other files than GGUF and tokenizer.json, against the libraries that wrote them (data/tokenizers).
#include <doctest/doctest.h>
#include <sentencepiece_processor.h>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "data.hpp"
#include "ondol/error.hpp"
#include "temp.hpp"
#include "text/models/sentence_piece_proto.hpp"
#include "text/source.hpp"
#include "text/vocabularies.hpp"

using namespace ondol;
using Ids = std::vector<Token>;

namespace {

Json load(const std::filesystem::path& path) { return Json::parse(test::read(path), path.string()); }

Ids ids_of(const Json& list) {
  Ids ids;
  for (const Json& item : list.items()) ids.push_back(Token(*item.as_int64()));
  return ids;
}

std::string text_of(const Json& json) { return *json.as_string(); }

std::string streamed(const Tokenizer& tokenizer, const Ids& ids) {
  Detokenizer stream(tokenizer);
  std::string out;
  for (const Token id : ids) out += stream.add(id);
  return out + stream.flush();
}

}  // namespace

TEST_CASE("sentencepiece: every model and case" * doctest::skip(!test::has_data())) {
  for (const char* name :
       {"unigram_nmt_nfkc", "bpe_byte_fallback", "unigram_identity_suffix", "bpe_custom_rule", "char_identity"}) {
    CAPTURE(name);
    const auto folder = test::data("tokenizers/sentencepiece");
    const Json data = load(folder / (std::string(name) + ".cases.json"));
    const Tokenizer tokenizer = Tokenizer::load((folder / (std::string(name) + ".model")).string());
    CHECK(tokenizer.size() == std::size_t(*data.at("vocab_size").as_int64()));
    CHECK(tokenizer.bos().value_or(-1) == *data.at("bos").as_int64());
    CHECK(tokenizer.eos().value_or(-1) == *data.at("eos").as_int64());
    CHECK(tokenizer.unknown().value_or(-1) == *data.at("unk").as_int64());
    CHECK(tokenizer.padding().value_or(-1) == *data.at("pad").as_int64());
    for (const auto& [id, piece] : data.at("pieces").members()) {
      CHECK(tokenizer.token_text(Token(std::stoi(id))) == text_of(piece));
    }
    for (const Json& c : data.at("cases").items()) {
      CAPTURE(c.dump());
      const std::string text = text_of(c.at("text"));
      const Encoding e = tokenizer.encode_with_offsets(text);
      const Ids ids = ids_of(c.at("ids"));
      CHECK(e.ids == ids);
      CHECK(tokenizer.encode(text) == ids);
      CHECK(tokenizer.decode(ids) == text_of(c.at("decoded")));
      CHECK(streamed(tokenizer, ids) == text_of(c.at("decoded")));
    }
  }
}

TEST_CASE("gguf: t5, a unigram model with its character rules" * doctest::skip(!test::has_data())) {
  // The pieces of a model file, as a GGUF gives them.
  const auto folder = test::data("tokenizers/sentencepiece");
  const std::string model = test::read(folder / "unigram_nmt_nfkc.model");
  sentencepiece::SentencePieceProcessor library;
  REQUIRE(library.LoadFromSerializedProto(model).ok());
  test::Source s;
  s.strings["tokenizer.ggml.model"] = "t5";
  for (int id = 0; id < library.GetPieceSize(); ++id) {
    s.string_arrays["tokenizer.ggml.tokens"].push_back(library.IdToPiece(id));
    s.number_arrays["tokenizer.ggml.scores"].push_back(library.GetScore(id));
    const bool user = !library.IsControl(id) && !library.IsUnknown(id) && library.GetScore(id) == 0;
    s.number_arrays["tokenizer.ggml.token_type"].push_back(library.IsUnknown(id)   ? 2
                                                           : library.IsControl(id) ? 3
                                                           : user                  ? 4
                                                                                   : 1);
  }
  text::ProtoReader fields(model);
  while (const auto field = fields.next()) {
    if (field->number != 3) continue;
    text::ProtoReader spec(field->text);
    while (const auto setting = spec.next()) {
      if (setting->number != 2) continue;
      std::vector<double>& rules = s.number_arrays["tokenizer.ggml.precompiled_charsmap"];
      for (const char c : setting->text) rules.push_back(static_cast<unsigned char>(c));
    }
  }
  s.numbers_["tokenizer.ggml.remove_extra_whitespaces"] = 1;
  s.numbers_["tokenizer.ggml.add_eos_token"] = 0;
  const Tokenizer tokenizer = make_tokenizer(s);
  int checked = 0;
  const Json data = load(folder / "unigram_nmt_nfkc.cases.json");
  for (const Json& c : data.at("cases").items()) {
    CAPTURE(c.dump());
    const std::string text = text_of(c.at("text"));
    if (text.find('[') != text.npos || text.find('<') != text.npos) continue;  // beside user-defined ones
    CHECK(tokenizer.encode(text) == ids_of(c.at("ids")));
    ++checked;
  }
  CHECK(checked > 25);
}

TEST_CASE("tiktoken: ranks with a pattern and special tokens" * doctest::skip(!test::has_data())) {
  const auto folder = test::data("tokenizers/tiktoken");
  const Json data = load(folder / "cases.json");
  TokenizerOptions options{.pattern = text_of(data.at("pattern"))};
  for (const auto& [text, id] : data.at("special").members()) {
    options.special_tokens.emplace_back(text, Token(*id.as_int64()));
  }
  const std::string path = (folder / "small.tiktoken").string();
  const Tokenizer tokenizer = Tokenizer::load(path, options);
  CHECK(tokenizer.size() == std::size_t(*data.at("n_vocab").as_int64()));
  for (const Json& c : data.at("cases").items()) {
    CAPTURE(c.dump());
    const std::string text = text_of(c.at("text"));
    const Ids ids = ids_of(c.at("ordinary"));
    CHECK(tokenizer.encode(text) == ids);
    CHECK(tokenizer.decode(ids) == text);
    if (const Json* special = c.find("all_special")) {
      CHECK(tokenizer.encode(text, {.parse_special = true}) == ids_of(*special));
    }
  }
  CHECK_THROWS_WITH_AS((void)Tokenizer::load(path), doctest::Contains("give the option pattern"), Error);
  CHECK(Tokenizer::load(path, {.pre_tokenizer = "gpt-4o"}).encode("Hello world!") == tokenizer.encode("Hello world!"));
}

TEST_CASE("tekken: control tokens first, then ranks" * doctest::skip(!test::has_data())) {
  // The ranks of the file above, as a tekken.json has them.
  Json::Array vocabulary;
  const std::string ranks = test::read(test::data("tokenizers/tiktoken/small.tiktoken"));
  for (std::size_t at = 0; at < ranks.size();) {
    const std::size_t end = ranks.find('\n', at), blank = ranks.find(' ', at);
    vocabulary.push_back(Json::object({{"rank", std::int64_t(std::stoi(ranks.substr(blank + 1, end - blank)))},
                                       {"token_bytes", ranks.substr(at, blank - at)},
                                       {"token_str", nullptr}}));
    at = end + 1;
  }
  const Json cases = load(test::data("tokenizers/tiktoken/cases.json"));
  const std::size_t size = vocabulary.size();
  const Json tekken = Json::object({
      {"config", Json::object({{"pattern", text_of(cases.at("pattern"))},
                               {"default_vocab_size", std::int64_t(size + 20)},
                               {"default_num_special_tokens", 20}})},
      {"vocab", Json(std::move(vocabulary))},
  });
  const test::TempFolder folder;
  folder.write("tekken.json", tekken.dump());
  const Tokenizer tokenizer = Tokenizer::load(folder.path("."));
  CHECK(tokenizer.bos() == 1);
  CHECK(tokenizer.eos() == 2);
  CHECK(tokenizer.is_end(2));
  for (const Json& c : cases.at("cases").items()) {
    Ids ids = ids_of(c.at("ordinary"));
    for (Token& id : ids) id += 20;
    CHECK(tokenizer.encode(text_of(c.at("text")), {.add_special = false}) == ids);
  }
  CHECK(tokenizer.encode("[INST]", {.parse_special = true}) == Ids{1, 3});
}

TEST_CASE("vocab.json with merges.txt, vocab.txt" * doctest::skip(!test::has_data())) {
  const test::TempFolder folder;
  for (const char* name : {"vocab.json", "merges.txt"}) {
    folder.write(name, test::read(test::data("tokenizers/gpt2-style") / name));
  }
  const auto check = [](const Tokenizer& tokenizer, const std::string& style) {
    const Json cases = load(test::data("tokenizers") / style / "cases.json");
    int checked = 0;
    for (const Json& c : cases.at("cases").items()) {
      const Json* pair = c.find("pair");
      const bool long_word = text_of(c.at("text")).find("xxxxxxxxxxxxxxxxxxxxx") != std::string::npos;  // its own limit
      if (pair || c.find("error") || long_word) continue;
      CAPTURE(c.dump());
      const EncodeOptions options{.add_special = *c.at("add_special").as_bool(), .parse_special = true};
      CHECK(tokenizer.encode(text_of(c.at("text")), options) == ids_of(c.at("ids")));
      CHECK(tokenizer.decode(ids_of(c.at("ids"))) == text_of(c.at("decoded_raw")));
      ++checked;
    }
    CHECK(checked > 30);
  };
  check(Tokenizer::load(folder.path(".")), "gpt2-style");
  check(Tokenizer::load(test::data("tokenizers/bert-uncased/vocab.txt").string()), "bert-uncased");
  std::filesystem::remove(folder.path("merges.txt"));
  CHECK_THROWS_WITH_AS((void)Tokenizer::load(folder.path(".")), doctest::Contains("merges.txt"), Error);
}

TEST_CASE("gguf: rwkv takes the longest token, spelled with escapes") {
  test::Source s;
  s.strings["tokenizer.ggml.model"] = "rwkv";
  std::vector<std::string>& tokens = s.string_arrays["tokenizer.ggml.tokens"];
  tokens = {"<s>", "\\n", "\\n\\n", "a", "ab", "abc", "\\xea", "\\xb0\\x80", "\\\\", "\\'"};
  s.number_arrays["tokenizer.ggml.token_type"] = {3, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const Tokenizer t = make_tokenizer(s);
  CHECK(t.encode("abcab\n\n\na") == Ids{5, 4, 2, 1, 3});
  CHECK(t.encode("가\\'") == Ids{6, 7, 8, 9});
  CHECK(t.encode("<s>a").size() == 1);  // "<", "s" and ">" have no token here
  CHECK(t.encode("<s>a", {.parse_special = true}) == Ids{0, 3});
  CHECK(t.decode(t.encode("abc가\n\\")) == "abc가\n\\");
}

TEST_CASE("gguf: plamo2 takes the highest sum of scores, then the longest token") {
  test::Source s = test::sentence_piece({"a", "b", "ab", "abc", "bc", "c", "온", "돌", "온돌"});
  s.strings["tokenizer.ggml.model"] = "plamo2";
  std::vector<double>& scores = s.number_arrays["tokenizer.ggml.scores"];
  const std::vector<double> own = {-1, -1, -1.5, -4, -1.2, -1, -2, -2, -4};
  std::copy(own.begin(), own.end(), scores.begin() + 259);
  const Tokenizer t = make_tokenizer(s);
  const EncodeOptions bare{.add_special = false};
  CHECK(t.encode("abc", bare) == Ids{259, 263});  // a + bc = -2.2, ab + c = -2.5, abc = -4
  CHECK(t.encode("온돌", bare) == Ids{267});      // as good as 온 + 돌
  CHECK(t.encode("\uFEFFab", bare) == Ids{261});  // without the byte order mark
  CHECK(t.decode(t.encode("온돌방x", bare)) == "온돌방x");
  CHECK(t.encode("방", bare) == Ids{3 + 0xEB, 3 + 0xB0, 3 + 0xA9});
}

TEST_CASE("tokenizer files: what is none of them is an error that names it") {
  const test::TempFolder folder;
  const auto refused = [&](const std::string& name, const std::string& content, const char* message) {
    CAPTURE(name);
    CHECK_THROWS_WITH_AS((void)Tokenizer::load(folder.write(name, content)), doctest::Contains(message), Error);
  };
  CHECK_THROWS_WITH_AS((void)Tokenizer::load(folder.path(".")), doctest::Contains("expected is one of"), Error);
  refused("tokenizer.json", "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a\"]}}",
          "two parts");
  refused("tokenizer.json", "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 4000000000}, \"merges\": []}}",
          "only 1 tokens");
  refused("tokenizer.json", "{\"model\": {\"type\": \"Magic\", \"vocab\": {\"a\": 0}}}", "model Magic is not known");
  refused("tokenizer.json",
          "{\"normalizer\": {\"type\": \"Upside\"}, \"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0}}}",
          "normalizer Upside is not known");
  refused("tokenizer.json",
          "{\"pre_tokenizer\": {\"type\": \"Split\", \"pattern\": {\"Regex\": \"(\"}, \"behavior\": \"Isolated\", "
          "\"invert\": false}, \"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0}}}",
          "pattern '('");
  refused("tokenizer.json", "{\"model\"", "tokenizer.json");
  refused("x.tiktoken", "AA== 0\n!! 1\n", "give the option pattern");
  refused("tokenizer.model", std::string("\n\x0E\0\0\0\0\0\0", 8), "sentencepiece refuses");
}
