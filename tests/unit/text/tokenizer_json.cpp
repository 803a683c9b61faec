// Hugging Face's tokenizer files, against what that library gives (data/tokenizers).
#include <doctest/doctest.h>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "data.hpp"
#include "ondol/error.hpp"
#include "ondol/tokenizer.hpp"
#include "text/hugging_face/parts.hpp"

using namespace ondol;
using Ids = std::vector<Token>;

namespace {

constexpr const char* styles[] = {
    "added-tokens", "bert-cased-korean", "bert-trunc-left", "bert-trunc-pad",        "bert-uncased", "bpe-prefix",
    "clip-style",   "gemma-style",       "gpt2-style",      "llama2-style",          "llama3-style", "metaspace-first",
    "qwen-style",   "roberta-style",     "t5-style",        "unigram-byte-fallback", "wordlevel",    "xlmr-style",
};

Json load(const std::filesystem::path& path) { return Json::parse(test::read(path), path.string()); }

template <class T>
std::vector<T> numbers(const Json& list) {
  std::vector<T> out;
  for (const Json& item : list.items()) out.push_back(T(*item.as_int64()));
  return out;
}

std::vector<TextRange> ranges(const Json& list) {
  std::vector<TextRange> out;
  for (const Json& item : list.items()) {
    out.push_back({std::size_t(*item.at(0).as_int64()), std::size_t(*item.at(1).as_int64())});
  }
  return out;
}

void check_case(const Tokenizer& tokenizer, const Json& c) {
  const std::string& text = *c.at("text").as_string();
  const Json* second = c.find("pair");
  std::optional<std::string_view> pair;
  if (second && second->as_string()) pair = *second->as_string();
  CAPTURE(c.dump());
  // Special tokens in texts are read as such there, unless told otherwise.
  const EncodeOptions options{.add_special = *c.at("add_special").as_bool(), .parse_special = true};
  if (c.find("error")) {
    CHECK_THROWS_AS((void)tokenizer.encode_with_offsets(text, pair, options), Error);
    return;
  }
  const Encoding e = tokenizer.encode_with_offsets(text, pair, options);
  const Ids ids = numbers<Token>(c.at("ids"));
  CHECK(e.ids == ids);
  CHECK((pair ? tokenizer.encode(text, *pair, options) : tokenizer.encode(text, options)) == ids);
  CHECK(e.offsets == ranges(c.at("offsets")));
  CHECK(e.type_ids == numbers<std::uint32_t>(c.at("type_ids")));
  CHECK(e.special_mask == numbers<std::uint8_t>(c.at("special_mask")));
  if (const Json* mask = c.find("attention_mask")) CHECK(e.attention_mask == numbers<std::uint8_t>(*mask));
  if (const Json* windows = c.find("overflowing")) {
    REQUIRE(e.overflowing.size() == windows->size());
    for (std::size_t i = 0; i < windows->size(); ++i) CHECK(e.overflowing[i].ids == numbers<Token>(windows->at(i)));
  }
  for (const bool skip : {true, false}) {
    const DecodeOptions decode{.skip_special = skip};
    const std::string& expected = *c.at(skip ? "decoded" : "decoded_raw").as_string();
    CHECK(tokenizer.decode(ids, decode) == expected);
    Detokenizer stream(tokenizer, decode);
    std::string streamed;
    for (const Token id : ids) {
      const std::string part = stream.add(id);
      CHECK(utf8_valid(part));
      streamed += part;
    }
    CHECK(streamed + stream.flush() == expected);
  }
}

}  // namespace

TEST_CASE("tokenizer.json: every case of every file" * doctest::skip(!test::has_data())) {
  for (const char* style : styles) {
    CAPTURE(style);
    const auto folder = test::data("tokenizers") / style;
    const Tokenizer tokenizer = Tokenizer::load((folder / "tokenizer.json").string());
    const Json data = load(folder / "cases.json");
    for (const Json& c : data.at("cases").items()) check_case(tokenizer, c);
    const Json* batch = data.find("batch");
    if (!batch) continue;
    std::vector<std::string_view> texts;
    for (const Json& text : batch->at("texts").items()) texts.push_back(*text.as_string());
    const std::vector<Encoding> encodings = tokenizer.encode_batch(texts, {.parse_special = true});
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(encodings[i].ids == numbers<Token>(batch->at("ids").at(i)));
  }
}

TEST_CASE("tokenizer.json: special tokens as text" * doctest::skip(!test::has_data())) {
  const auto folder = test::data("tokenizers/added-tokens");
  const Tokenizer tokenizer = Tokenizer::load(folder.string());
  const Json cases = load(folder / "specials_as_text.json");
  for (const Json& c : cases.items()) {
    CAPTURE(c.dump());
    CHECK(tokenizer.encode(*c.at("text").as_string()) == numbers<Token>(c.at("ids")));
  }
}

TEST_CASE("components: every normalizer" * doctest::skip(!test::has_data())) {
  const Json components = load(test::data("tokenizers/components.json"));
  for (const auto& [name, component] : components.at("normalizers").members()) {
    CAPTURE(name);
    text::Normalizers normalizers;
    text::add_normalizers(component.at("config"), normalizers);
    for (const Json& c : component.at("cases").items()) {
      text::AlignedText aligned(*c.at(0).as_string(), true);
      for (const auto& n : normalizers) n->apply(aligned);
      CHECK(aligned.text == *c.at(1).as_string());
      CHECK(aligned.origin.size() == aligned.text.size());
    }
  }
}

TEST_CASE("components: every pre-tokenizer" * doctest::skip(!test::has_data())) {
  const Json components = load(test::data("tokenizers/components.json"));
  for (const auto& [name, component] : components.at("pre_tokenizers").members()) {
    CAPTURE(name);
    text::PreTokenizers made;
    text::add_pre_tokenizers(component.at("config"), made);
    for (const Json& c : component.at("cases").items()) {
      const std::string& original = *c.at(0).as_string();
      CAPTURE(original);
      const text::AlignedText aligned(original, true);
      std::vector<std::string> pieces;
      std::function<void(std::size_t, const text::Piece&)> run = [&](std::size_t step, const text::Piece& piece) {
        if (step == made.steps.size()) return void(pieces.emplace_back(piece.text));
        const auto next = [&](const text::Piece& p) { run(step + 1, p); };
        made.steps[step]->split(piece, next);
      };
      if (!original.empty()) run(0, aligned.piece());
      std::vector<std::string> expected;
      for (const Json& piece : c.at(1).items()) expected.push_back(*piece.at(0).as_string());
      CHECK(pieces == expected);
    }
  }
}

TEST_CASE("components: every decoder" * doctest::skip(!test::has_data())) {
  const Json components = load(test::data("tokenizers/components.json"));
  for (const auto& [name, component] : components.at("decoders").members()) {
    CAPTURE(name);
    for (const Json& c : component.at("cases").items()) {
      CAPTURE(c.dump());
      std::vector<std::string_view> tokens;
      std::vector<Token> ids;
      for (const Json& token : c.at(0).items()) {
        ids.push_back(Token(tokens.size()));
        tokens.push_back(*token.as_string());
      }
      if (tokens.empty()) continue;
      const text::Vocabulary vocabulary(tokens, std::vector(tokens.size(), text::TokenType::normal));
      const auto decoder = text::make_decoder(component.at("config"), vocabulary);
      const auto stream = decoder->stream();
      std::string out;
      for (const Token id : ids) stream->push(id, out);
      stream->finish(out);
      CHECK(utf8_repair(out, decoder->marks_each_byte()) == *c.at(1).as_string());
    }
  }
}
