#include "generate/reply.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "data.hpp"
#include "kernels/kernels.hpp"
#include "ondol/error.hpp"

using namespace ondol;  // NOLINT: the library is the subject

namespace {

const Tokenizer& bpe() {
  static const Tokenizer tokenizer = Tokenizer::load(test::unpacked("vocabs/gpt-2.gguf").string());
  return tokenizer;
}
const Tokenizer& spm() {
  static const Tokenizer tokenizer = Tokenizer::load(test::data("stories260K/stories260K.gguf").string());
  return tokenizer;
}

Reply make(const Tokenizer& tokenizer, const GenerateOptions& options, std::vector<Token> prompt = {1},
           Reply::Room room = {0, 10000}) {
  return Reply({tokenizer, kernels(Isa::base).elementwise}, std::move(prompt), room, options, 5, {});
}

/// A model that always wants `id`.
std::vector<float> wants(const Tokenizer& tokenizer, Token id) {
  std::vector<float> logits(tokenizer.size());
  logits[static_cast<std::size_t>(id)] = 10;
  return logits;
}

/// Lets a scripted model say `ids` and gives all pieces' text; checks that they add up to the result's.
std::string say(Reply& reply, const Tokenizer& tokenizer, const std::vector<Token>& ids) {
  std::string text;
  for (const Token id : ids) {
    if (reply.ended()) break;
    text += reply.choose(wants(tokenizer, id)).text;
  }
  if (!reply.ended()) text += reply.end(Finish::cancelled).text;
  CHECK(text == reply.result().text);
  return text;
}

std::vector<Token> byte_tokens(const std::string& text) {
  std::vector<Token> ids;
  for (const char c : text) ids.push_back(static_cast<Token>(static_cast<unsigned char>(c)) + 3);
  return ids;
}

/// One token or more for each letter by itself.
std::vector<Token> letter_tokens(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<Token> ids;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t n = 1;
    while (i + n < text.size() && (static_cast<unsigned char>(text[i + n]) & 0xC0) == 0x80) ++n;
    for (const Token id : tokenizer.encode(text.substr(i, n), {.add_special = false})) ids.push_back(id);
    i += n;
  }
  return ids;
}

}  // namespace

TEST_CASE("reply: a stop string is found however the text was cut into tokens, nothing of it is shown (T13)") {
  const std::string text = " 1809년입니다.\n[유저]: 고마워";
  for (const bool include : {false, true}) {
    const GenerateOptions options{.stop = {"[유저]:"}, .include_stop = include};
    const auto check = [&](const Tokenizer& tokenizer, const std::vector<Token>& ids, const std::string& expected) {
      Reply reply = make(tokenizer, options);
      CHECK(say(reply, tokenizer, ids) == expected + (include ? "[유저]:" : ""));
      CHECK(reply.result().finish == Finish::stop);
      CHECK(reply.result().stop == "[유저]:");
    };
    check(bpe(), bpe().encode(text), " 1809년입니다.\n");
    check(bpe(), letter_tokens(bpe(), text), " 1809년입니다.\n");
    check(spm(), byte_tokens(text), "1809년입니다.\n");  // decode() leaves out the first space
  }
}

TEST_CASE("reply: pieces are whole characters and add up to decode(ids)") {
  const std::string text = "온돌 🙂 é [유";
  for (const Tokenizer* tokenizer : {&bpe(), &spm()}) {
    const auto ids = tokenizer == &spm() ? byte_tokens(text) : letter_tokens(bpe(), text);
    Reply reply = make(*tokenizer, {.stop = {"[유저]"}});
    for (const Token id : ids) {
      const std::string piece = reply.choose(wants(*tokenizer, id)).text;
      CHECK(piece.find("\xEF\xBF\xBD") == std::string::npos);
      CHECK((piece.empty() || (static_cast<unsigned char>(piece[0]) & 0xC0) != 0x80));
    }
    CHECK(reply.result().text == "온돌 🙂 é ");  // "[유" may still become the stop string
    CHECK(reply.end(Finish::cancelled).text == "[유");
    CHECK(reply.result().text == tokenizer->decode(ids, {.skip_special = true}));
  }
}

TEST_CASE("reply: half a character at the end is shown as U+FFFD, nothing is lost") {
  Reply reply = make(spm(), {.max_tokens = 4});
  CHECK(say(reply, spm(), byte_tokens("A\xEC\x98\xEC")) == spm().decode(byte_tokens("A\xEC\x98\xEC")));
  CHECK(reply.result().finish == Finish::length);
}

TEST_CASE("reply: end tokens and stop ids end it and are not shown") {
  const Token a = byte_tokens("a")[0], b = byte_tokens("b")[0], eos = *spm().eos();
  {
    Reply reply = make(spm(), {});
    CHECK(say(reply, spm(), {a, eos, b}) == "a");
    CHECK(reply.result().ids == std::vector<Token>{a, eos});
    CHECK(reply.result().finish == Finish::eos);
  }
  {
    Reply reply = make(spm(), {.stop_ids = {b}});
    CHECK(say(reply, spm(), {a, b, a}) == "a");
    CHECK(reply.result().finish == Finish::stop);
    CHECK(reply.result().stop.empty());
  }
  {
    Reply reply = make(spm(), {.max_tokens = 3, .ignore_eos = true});
    CHECK(say(reply, spm(), {a, eos, b}) == "ab");
    CHECK(reply.result().ids == std::vector<Token>{a, eos, b});
    CHECK(reply.result().finish == Finish::length);
  }
}

TEST_CASE("reply: a control token's name is a stop string even where it is not shown (T31)") {
  for (const bool skip : {true, false}) {
    const Token eos = *spm().eos();
    const std::string name = spm().token_bytes(eos);
    Reply reply = make(spm(), {.stop = {name}, .ignore_eos = true, .skip_special = skip});
    CHECK(say(reply, spm(), {byte_tokens("a")[0], eos, byte_tokens("b")[0]}) == "a");
    CHECK(reply.result().finish == Finish::stop);
    CHECK(reply.result().stop == name);
  }
}

TEST_CASE("reply: before min_tokens no end token is chosen and no stop string counts") {
  const Token a = byte_tokens("a")[0], b = byte_tokens("b")[0], eos = *spm().eos();
  std::vector<float> logits = wants(spm(), eos);
  logits[static_cast<std::size_t>(b)] = 9;
  logits[static_cast<std::size_t>(a)] = 8;
  Reply reply = make(spm(), {.min_tokens = 2, .stop_ids = {b}});
  CHECK(reply.choose(logits).tokens[0].id == a);
  CHECK(reply.choose(logits).tokens[0].id == a);
  CHECK(reply.choose(logits).tokens[0].id == eos);
  CHECK(reply.result().finish == Finish::eos);

  Reply stops = make(spm(), {.min_tokens = 3, .stop = {"ab"}});
  CHECK(say(stops, spm(), byte_tokens("abxab!")) == "abx");
  CHECK(stops.result().ids.size() == 5);
}

TEST_CASE("reply: it ends at max_tokens or where the context ends") {
  Reply most = make(spm(), {.max_tokens = 2});
  CHECK(say(most, spm(), byte_tokens("abc")) == "ab");
  CHECK(most.result().finish == Finish::length);
  Reply full = make(spm(), {}, {1, 5}, {.before = 3, .context = 8});
  CHECK(say(full, spm(), byte_tokens("abcdef")) == "abc");
  CHECK(full.result().finish == Finish::length);
  CHECK(full.result().timings.prompt_tokens == 5);
  CHECK(full.result().timings.cached_tokens == 3);
}

TEST_CASE("reply: log-probabilities are the model's, before any step, each with its bytes") {
  const Token a = byte_tokens("a")[0], half = byte_tokens("\xEC")[0];
  std::vector<float> logits(spm().size(), -50.0f);
  logits[static_cast<std::size_t>(a)] = 1;
  logits[static_cast<std::size_t>(half)] = 2;
  Reply reply = make(spm(), {.sampler = {{BannedTokens{{half}}, Temperature{0.1f}}, {}}, .logprobs = 2});
  const ChosenToken chosen = reply.choose(logits).tokens[0];
  CHECK(chosen.id == a);
  CHECK(chosen.bytes == "a");
  CHECK(chosen.logprob == doctest::Approx(-1.313262));
  CHECK(chosen.entropy == doctest::Approx(0.582203));
  REQUIRE(chosen.top.size() == 2);
  CHECK(chosen.top[0].id == half);
  CHECK(chosen.top[0].bytes == "\xEC");
  CHECK(chosen.top[0].logprob == doctest::Approx(-0.313262));
  CHECK(chosen.top[1].id == a);
  CHECK(reply.result().tokens.size() == 1);
}

TEST_CASE("reply: a draw depends on seed and absolute position only") {
  const std::vector<float> flat(spm().size());
  const Sampler sampler{{Temperature{1}}, {}};
  Reply one = make(spm(), {.sampler = sampler}, {1, 5, 9}, {0, 100});
  Reply same = make(spm(), {.sampler = sampler}, {9}, {2, 100});
  Reply moved = make(spm(), {.sampler = sampler}, {9}, {3, 100});
  const Token first = one.choose(flat).tokens[0].id;
  CHECK(same.choose(flat).tokens[0].id == first);
  CHECK(moved.choose(flat).tokens[0].id == one.choose(flat).tokens[0].id);
  CHECK(one.result().seed == 5);
}

TEST_CASE("reply: NaN is an error that changes nothing") {
  Reply reply = make(spm(), {});
  std::vector<float> logits(spm().size(), std::numeric_limits<float>::quiet_NaN());
  CHECK_THROWS_AS(static_cast<void>(reply.choose(logits)), Error);
  CHECK(reply.tokens().size() == 1);
  CHECK(reply.result().ids.empty());
}

TEST_CASE("reply: the host's tokens follow a reply that has ended; the next one counts anew") {
  Reply reply = make(spm(), {.max_tokens = 3, .stop = {"b"}});
  CHECK(say(reply, spm(), byte_tokens("ab")) == "a");
  reply.resume(byte_tokens("xy"), 2, {});
  CHECK_FALSE(reply.ended());
  CHECK(reply.tokens().size() == 5);
  CHECK(reply.result().timings.prompt_tokens == 5);
  CHECK(reply.result().timings.cached_tokens == 2);
  CHECK(say(reply, spm(), byte_tokens("cde")) == "cde");
  CHECK(reply.result().finish == Finish::length);
  CHECK(reply.result().stop.empty());
}

TEST_CASE("reply: without a tokenizer there are ids and no text, and stop strings are an error") {
  Reply reply({std::nullopt, kernels(Isa::base).elementwise}, {1}, {0, 10}, {.max_tokens = 1}, 1, {});
  const Piece piece = reply.choose(std::vector<float>{0, 2, 1});
  CHECK(piece.tokens[0].id == 1);
  CHECK(piece.text.empty());
  CHECK(reply.result().finish == Finish::length);
  CHECK_THROWS_WITH_AS(Reply({std::nullopt, nullptr}, {1}, {0, 10}, {.stop = {"x"}}, 1, {}),
                       "stop: the model has no tokenizer, so stop strings cannot be found", Error);
}
