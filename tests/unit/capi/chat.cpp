#include "capi/client.hpp"
#include "temp.hpp"

using namespace test;

namespace {

Owned<ondol_chat> chat_with(const ondol_model* model) {
  return make<ondol_chat>([&](auto** out, auto** error) { return ondol_chat_new(model, out, error); });
}
void say(ondol_chat* chat, const char* words) {
  succeed([&](auto** error) { return ondol_chat_add(chat, "user", -1, words, -1, error); });
}
Owned<ondol_generation> reply(ondol_chat* chat, const char* options = R"({"max_tokens":12})",
                              ondol_control* control = nullptr) {
  return make<ondol_generation>(
      [&](auto** out, auto** error) { return ondol_chat_reply(chat, options, -1, control, out, error); });
}
std::string messages(const ondol_chat* chat) {
  return text([&](auto** out, auto** error) { return ondol_chat_messages(chat, out, error); });
}

}  // namespace

TEST_CASE("a model without a template has no chat") {
  const auto model = load();
  ondol_chat* chat = nullptr;
  CHECK(outcome([&](auto** error) { return ondol_chat_new(model.get(), &chat, error); }).status ==
        ONDOL_NO_CHAT_TEMPLATE);
  ondol_template* jinja = nullptr;
  CHECK(outcome([&](auto** error) { return ondol_model_template(model.get(), &jinja, error); }).status ==
        ONDOL_NO_CHAT_TEMPLATE);
}

TEST_CASE("a model without a template chats with a plain format, and stops where the user's turn would begin") {
  const auto model = load();
  const auto format = make<ondol_template>(
      [&](auto** out, auto** error) { return ondol_template_named("korean-dialogue", -1, out, error); });
  const auto chat = make<ondol_chat>(
      [&](auto** out, auto** error) { return ondol_chat_with_template(model.get(), format.get(), out, error); });
  say(chat.get(), "Once upon a time");
  const auto result = finish(reply(chat.get()).get());
  CHECK(!text(result.get()).empty());
  CHECK(messages(chat.get()).find("\"assistant\"") != std::string::npos);
}

TEST_CASE("a chat goes on over turns; a saved one goes on bit for bit") {
  const auto model = load(stories_with_template());
  const auto chat = chat_with(model.get());
  say(chat.get(), "Once upon a time");
  const std::string first = text(finish(reply(chat.get()).get()).get());
  CHECK(!first.empty());
  const std::string talk = messages(chat.get());
  CHECK(talk.find("Once upon a time") != std::string::npos);
  CHECK(talk.find("\"assistant\"") != std::string::npos);

  const TempFolder folder;
  const std::string path = folder.path("chat");
  succeed([&](auto** error) { return ondol_chat_save(chat.get(), path.c_str(), -1, error); });
  const auto resumed = chat_with(model.get());
  succeed([&](auto** error) { return ondol_chat_load(resumed.get(), path.c_str(), -1, error); });
  CHECK(messages(resumed.get()) == talk);

  std::string replies[2];
  ondol_chat* chats[] = {chat.get(), resumed.get()};
  for (int i = 0; i < 2; ++i) {
    say(chats[i], "Tim went to the zoo.");
    const auto generation = reply(chats[i], R"({"max_tokens":12,"logprobs":1})");
    const auto result = finish(generation.get());
    replies[i] = text(result.get());
    float logprob = 0;
    succeed([&](auto** error) {
      return ondol_piece_token(ondol_result_piece(result.get()), 0, nullptr, &logprob, nullptr, nullptr, nullptr,
                               error);
    });
    replies[i] += std::to_string(logprob);
    CHECK(json(result.get()).find(R"("cached_tokens":0)") == std::string::npos);
  }
  CHECK(replies[0] == replies[1]);

  succeed([&](auto** error) { return ondol_chat_undo(chat.get(), error); });
  CHECK(messages(chat.get()) == talk);
  succeed([&](auto** error) { return ondol_chat_clear(chat.get(), error); });
  CHECK(messages(chat.get()) == "[]");
}

TEST_CASE("a chat is busy while it replies, and free when the reply has ended or is freed") {
  const auto model = load(stories_with_template());
  const auto chat = chat_with(model.get());
  say(chat.get(), "Hello");
  auto running = reply(chat.get());
  const auto add = [&] {
    return outcome([&](auto** error) { return ondol_chat_add(chat.get(), "user", -1, "More", -1, error); }).status;
  };
  CHECK(add() == ONDOL_BUSY);
  const auto result = finish(running.get());
  CHECK(add() == ONDOL_OK);
  const auto again =
      make<ondol_result>([&](auto** out, auto** error) { return ondol_generation_result(running.get(), out, error); });
  CHECK(text(again.get()) == text(result.get()));

  auto dropped = reply(chat.get());
  const ondol_piece* piece = nullptr;
  succeed([&](auto** error) { return ondol_generation_next(dropped.get(), &piece, error); });
  dropped.reset();
  CHECK(add() == ONDOL_OK);
  running = reply(chat.get());
  (void)finish(running.get());
}

TEST_CASE("messages in JSON, and what is wrong with them") {
  const auto model = load(stories_with_template());
  const auto chat = chat_with(model.get());
  const auto add = [&](const char* message) {
    return outcome([&](auto** error) { return ondol_chat_add_json(chat.get(), message, -1, error); }).status;
  };
  CHECK(add(R"({"role":"user","content":"안녕"})") == ONDOL_OK);
  CHECK(add("{") == ONDOL_INVALID_ARGUMENT);
  CHECK(add("[]") == ONDOL_INVALID_ARGUMENT);
  CHECK(add(R"({"content":"x"})") == ONDOL_INVALID_ARGUMENT);
  CHECK(outcome([&](auto** error) {
          return ondol_chat_add_json(chat.get(), R"({"role":"user","content":1})", -1, error);
        }).message.find(R"(messages[1]: "content" is an integer)") == 0);
  CHECK(messages(chat.get()).find("안녕") != std::string::npos);
  const auto sequence =
      make<ondol_cache>([&](auto** out, auto** error) { return ondol_chat_cache(chat.get(), out, error); });
  CHECK(length(sequence.get()) == 0);
}
