// Generation and chats of models with recurrent states: what the cache cannot take back is computed anew, and nothing
// that fails or is cancelled changes where a sequence stands.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "data.hpp"
#include "ondol/error.hpp"
#include "ondol/generate.hpp"
#include "temp.hpp"

using namespace ondol;  // NOLINT: the library is the subject

#define WITH_DATA *doctest::skip(!test::has_data())

namespace {

using Ids = std::vector<Token>;
const char* const families[] = {"mamba", "mamba2",          "rwkv",  "falcon_h1",  "lfm2",
                                "bamba", "recurrent_gemma", "jamba", "qwen3_next", "granitemoehybrid"};

Ids some_ids(std::size_t count, unsigned step) {
  Ids ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(static_cast<Token>((i * step + i * i + 3) % 160));
  return ids;
}

/// A tiny random model with a tokenizer of the words w0 .. w159 and a template that says nothing but the messages.
Model load(const std::string& family, const Runtime& runtime) {
  const test::TempFolder folder;
  for (const char* file : {"config.json", "model.safetensors"}) {
    std::filesystem::create_symlink(test::data("oracles/" + family + "/" + file), folder.path(file));
  }
  std::string words;
  for (int i = 0; i < 160; ++i) words += (i ? ", \"w" : "\"w") + std::to_string(i) + "\": " + std::to_string(i);
  folder.write(
      "tokenizer.json", R"({"version": "1.0", "added_tokens": [], "model": {"type": "WordLevel", "unk_token": "w0",
      "vocab": {)" + words + R"(}}, "pre_tokenizer": {"type": "WhitespaceSplit"}})");
  folder.write("tokenizer_config.json", R"({"chat_template": "{% for m in messages %}{{ m.content }} {% endfor %}"})");
  LoadOptions options;
  options.runtime = runtime;
  options.context = 100'000;
  return Model::load(folder.path("."), options);
}
Model load(const std::string& family) { return load(family, Runtime::shared()); }

std::string text_of(const Ids& ids) {
  std::string text;
  for (const Token id : ids) text += (text.empty() ? "w" : " w") + std::to_string(id);
  return text;
}

ChatOptions most(std::size_t tokens) { return {.generate = {.max_tokens = tokens, .ignore_eos = true, .logprobs = 1}}; }

void check_same(const Result& found, const Result& expected) {
  CHECK(found.ids == expected.ids);
  REQUIRE(found.tokens.size() == expected.tokens.size());
  for (std::size_t i = 0; i < expected.tokens.size(); ++i) CHECK(found.tokens[i].logprob == expected.tokens[i].logprob);
}

void append(const Model& model, KVCache& cache, std::span<const Token> ids) {
  const Step step{cache, ids, {.logits = Want::Logits::none}};
  static_cast<void>(model.forward({&step, 1}));
}

std::vector<float> last_logits(const Model& model, KVCache& cache, std::span<const Token> ids) {
  const Step step{cache, ids};
  return model.forward({&step, 1}).front().logits.values;
}

}  // namespace

TEST_CASE("recurrent: truncation goes back to checkpoints and says how far otherwise" WITH_DATA) {
  for (const std::string family : families) {
    CAPTURE(family);
    const Model model = load(family);
    const Ids ids = some_ids(700, 7);
    const std::size_t second = family == "recurrent_gemma" ? 0 : 256;  // its window reaches back 16 + 256
    KVCache cache = model.new_cache();
    append(model, cache, std::span(ids).first(530));
    CHECK(cache.reachable(530) == 530);
    CHECK(cache.reachable(529) == 512);
    CHECK(cache.reachable(511) == second);
    CHECK(cache.reachable(255) == 0);
    CHECK_THROWS_WITH_AS(cache.truncate(500),
                         doctest::Contains(second ? "the nearest before it is 256" : "the nearest before it is 0"),
                         Error);
    CHECK(cache.length() == 530);
    KVCache fork = cache.fork();
    cache.truncate(512);
    CHECK(cache.reachable(511) == second);
    KVCache fresh = model.new_cache();
    const std::vector<float> expected = last_logits(model, fresh, ids);
    CHECK(last_logits(model, cache, std::span(ids).subspan(512)) == expected);
    CHECK(last_logits(model, fork, std::span(ids).subspan(530)) == expected);
    cache.truncate(0);
    CHECK(last_logits(model, cache, ids) == expected);
  }
}

TEST_CASE("recurrent: turns of a chat go on from the state, other questions from a checkpoint" WITH_DATA) {
  for (const std::string family : families) {
    CAPTURE(family);
    const Model model = load(family);
    const auto fresh = [&](const Chat& chat, std::size_t tokens) {
      const Ids prompt = encode_prompt(model.tokenizer(), model.chat_template().render(chat.messages()));
      return generate(model, prompt, most(tokens).generate).finish();
    };
    Chat chat(model);
    chat.add("user", text_of(some_ids(300, 3)));
    const Result expected = fresh(chat, 12);
    check_same(chat.reply(most(12)).finish(), expected);
    const std::size_t held = chat.cache().length();
    CHECK(held == 311);  // the last token was chosen, not computed

    chat.add("user", text_of(some_ids(40, 5)));
    const Result second = fresh(chat, 9);
    const Result found = chat.reply(most(9)).finish();
    check_same(found, second);
    CHECK(found.timings.cached_tokens == held);

    chat.undo();
    chat.add("user", text_of(some_ids(50, 11)));
    const Result other = fresh(chat, 9);
    const Result instead = chat.reply(most(9)).finish();
    check_same(instead, other);
    CHECK(instead.timings.cached_tokens == 256);
  }
}

TEST_CASE("recurrent: cancelled in the middle of a prompt, the state is that of the last complete position" WITH_DATA) {
  for (const std::string family : families) {
    CAPTURE(family);
    const Model model = load(family);
    const Ids ids = some_ids(90'000, 13);
    KVCache cache = model.new_cache();
    Progress progress;
    std::stop_source stop;
    std::thread other([&] {
      while (progress.done < 256) std::this_thread::yield();
      stop.request_stop();
    });
    const Step step{cache, ids};
    CHECK_THROWS_AS((void)model.forward({&step, 1}, stop.get_token(), &progress), Error);
    other.join();
    CHECK(cache.length() >= 256);
    CHECK(cache.length() < ids.size());
    CHECK(cache.length() == progress.done);
    KVCache fresh = model.new_cache();
    const auto some = std::span(ids).first(cache.length() + 100);
    CHECK(last_logits(model, cache, some.subspan(cache.length())) == last_logits(model, fresh, some));
  }
}

TEST_CASE("recurrent: an error leaves the state as it was" WITH_DATA) {
  const Ids ids = some_ids(5000, 17);
  for (const char* family : {"falcon_h1", "bamba", "lfm2"}) {  // their caches grow
    CAPTURE(family);
    std::uint64_t used = 0;
    for (const bool limited : {false, true}) {
      RuntimeOptions options;
      options.threads = 2;
      if (limited) options.memory_limit = used + (200u << 10);
      const Runtime runtime(options);
      const Model model = load(family, runtime);
      KVCache cache = model.new_cache();
      append(model, cache, std::span(ids).first(300));
      used = runtime.memory_used();
      if (!limited) continue;
      try {
        append(model, cache, std::span(ids).subspan(300));
        FAIL("there was room");
      } catch (const Error& e) {
        CHECK(e.code() == Status::out_of_memory);
      }
      CHECK(cache.length() == 300);
      const Model other = load(family);
      KVCache fresh = other.new_cache();
      const std::vector<float> expected = last_logits(other, fresh, std::span(ids).first(310));
      CHECK(last_logits(model, cache, std::span(ids).subspan(300, 10)) == expected);
    }
  }
}
