#include <atomic>
#include <chrono>
#include <thread>

#include "capi/client.hpp"

using namespace test;

TEST_CASE("eight threads use one model and get what one alone gets") {
  const auto model = load();
  const auto start = prompt("Once upon a time");
  const Ids expected = ids(finish(generate(model.get(), start.get()).get()).get());
  std::vector<Ids> found(8);
  std::vector<std::thread> threads;
  for (Ids& mine : found) {
    threads.emplace_back([&] {
      // doctest's macros stay out of threads: plain calls
      ondol_generation* generation = nullptr;
      const ondol_piece* piece = nullptr;
      if (ondol_model_generate(model.get(), nullptr, start.get(), R"({"max_tokens":20})", -1, nullptr, &generation,
                               nullptr)) {
        return;
      }
      while (ondol_generation_next(generation, &piece, nullptr) == ONDOL_OK && piece) {
        for (const std::int32_t id : ids(piece)) mine.push_back(id);
      }
      ondol_generation_free(generation);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Ids& mine : found) CHECK(mine == expected);
}

TEST_CASE("an object for one thread at a time is busy for a second one") {
  const auto model = load(stories(), R"({"threads":1,"context":4096})");
  const auto long_prompt = prompt(Ids(4000, 403));
  const auto control = make<ondol_control>([](auto** out, auto** error) { return ondol_control_new(out, error); });
  const auto generation = generate(model.get(), long_prompt.get(), R"({"max_tokens":1})", nullptr, control.get());
  std::atomic<ondol_status> first{-1};
  std::thread computing([&] {
    const ondol_piece* piece = nullptr;
    first = ondol_generation_next(generation.get(), &piece, nullptr);
  });
  std::uint64_t done = 0, total = 0;
  while (done == 0 && first == -1) (void)ondol_control_progress(control.get(), &done, &total, nullptr);
  ondol_result* result = nullptr;
  const ondol_status second = ondol_generation_result(generation.get(), &result, nullptr);
  computing.join();
  CHECK(done < total);  // the prompt takes far longer than one call
  CHECK(second == ONDOL_BUSY);
  ondol_result_free(result);
  CHECK(first == ONDOL_OK);
}

TEST_CASE("a cancel from another thread ends the reading of a prompt; the model then goes on as new") {
  const auto model = load(stories(), R"({"threads":1,"context":8192})");
  const auto control = make<ondol_control>([](auto** out, auto** error) { return ondol_control_new(out, error); });
  const auto long_prompt = prompt(Ids(8000, 403));
  const auto generation = generate(model.get(), long_prompt.get(), R"({"max_tokens":5})", nullptr, control.get());
  std::chrono::steady_clock::time_point asked;
  std::thread canceller([&] {
    std::uint64_t done = 0, total = 0;
    while (done == 0) {
      if (ondol_control_progress(control.get(), &done, &total, nullptr) != ONDOL_OK) break;
    }
    asked = std::chrono::steady_clock::now();
    (void)ondol_control_cancel(control.get(), nullptr);
  });
  const auto result = finish(generation.get());
  const auto ended = std::chrono::steady_clock::now();
  canceller.join();
  CHECK(ondol_result_finish(result.get()) == ONDOL_FINISH_CANCELLED);
  CHECK(ended - asked < std::chrono::milliseconds(1000));  // 100 ms on an idle machine; this one may be busy

  const auto after =
      make<ondol_cache>([&](auto** out, auto** error) { return ondol_generation_cache(generation.get(), out, error); });
  const std::int64_t position = length(after.get());
  CHECK(position > 0);
  CHECK(position < 8000);
  // What a cancel left goes on to what would have been.
  const auto rest = make<ondol_generation>([&](auto** out, auto** error) {
    return ondol_generation_continue(generation.get(), R"({"max_tokens":5})", -1, nullptr, out, error);
  });
  const auto whole = generate(model.get(), long_prompt.get(), R"({"max_tokens":5})");
  CHECK(ids(finish(rest.get()).get()) == ids(finish(whole.get()).get()));
}

TEST_CASE("objects are freed in any order, also while a call uses them") {
  for (int order = 0; order < 24; ++order) {
    auto model = load(stories_with_template());
    auto start = prompt("Once");
    auto generation = generate(model.get(), start.get());
    auto tokenizer =
        make<ondol_tokenizer>([&](auto** out, auto** error) { return ondol_model_tokenizer(model.get(), out, error); });
    auto stream = make<ondol_detokenizer>(
        [&](auto** out, auto** error) { return ondol_detokenizer_new(tokenizer.get(), 0, out, error); });
    int left[] = {0, 1, 2, 3};
    for (int i = 0, code = order; i < 4; code /= (4 - i), ++i) {
      std::swap(left[i], left[i + code % (4 - i)]);
      if (left[i] == 0) model.reset();
      if (left[i] == 1) start.reset();
      if (left[i] == 2) generation.reset();
      if (left[i] == 3) tokenizer.reset();
      if (generation) {
        const ondol_piece* piece = nullptr;
        succeed([&](auto** error) { return ondol_generation_next(generation.get(), &piece, error); });
        CHECK(piece != nullptr);
      }
      const char* text = nullptr;
      std::int64_t size = 0;
      succeed([&](auto** error) { return ondol_detokenizer_add(stream.get(), 403, &text, &size, error); });
      CHECK(size > 0);
    }
  }
}

TEST_CASE("a chat freed before its reply lives until the reply is freed") {
  auto model = load(stories_with_template());
  auto chat = make<ondol_chat>([&](auto** out, auto** error) { return ondol_chat_new(model.get(), out, error); });
  succeed([&](auto** error) { return ondol_chat_add(chat.get(), "user", -1, "Hello", -1, error); });
  const auto reply = make<ondol_generation>([&](auto** out, auto** error) {
    return ondol_chat_reply(chat.get(), R"({"max_tokens":4})", -1, nullptr, out, error);
  });
  chat.reset();
  model.reset();
  CHECK(ids(finish(reply.get()).get()).size() == 4);
}
