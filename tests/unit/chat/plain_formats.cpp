#include <doctest/doctest.h>

#include <string>

#include "chat/cases.hpp"
#include "ondol/error.hpp"

using ondol::ChatTemplate;

namespace {

std::string render(const char* name, const std::string& messages, bool prompt = true) {
  ondol::RenderOptions options;
  options.add_generation_prompt = prompt;
  return ChatTemplate::named(name).render(messages, options).text;
}

constexpr const char* few_shots = R"([{"role": "system", "content": "한국어를 영어로 옮긴다."},
  {"role": "user", "content": "독수리"}, {"role": "assistant", "content": "Eagle"},
  {"role": "user", "content": "쌍둥이"}, {"role": "assistant", "content": " Twin\n"}, {"role": "user", "content": "거인"}])";
constexpr const char* question =
    R"([{"role": "user", "content": [{"type": "text", "text": "왜 "}, {"type": "text", "text": "?"}]}])";

}  // namespace

TEST_CASE("plain formats: korean-dialogue (T13), with a system message and examples (T14)") {
  CHECK(render("korean-dialogue", R"([{"role": "user", "content": "에이브러햄 링컨이 누구야?"},
      {"role": "assistant", "content": "미국의 제16대 대통령입니다."}, {"role": "user", "content": "언제 태어났어?"}])") ==
        "[유저]: 에이브러햄 링컨이 누구야?\n[챗봇]: 미국의 제16대 대통령입니다.\n[유저]: 언제 태어났어?\n[챗봇]:");
  CHECK(render("korean-dialogue", few_shots) ==
        "한국어를 영어로 옮긴다.\n[유저]: 독수리\n[챗봇]: Eagle\n[유저]: 쌍둥이\n[챗봇]: Twin\n[유저]: 거인\n[챗봇]:");
  CHECK(render("korean-dialogue", question, false) == "[유저]: 왜 ?\n");
}

TEST_CASE("plain formats: alpaca") {
  CHECK(render("alpaca", question) ==
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
        "### Instruction:\n왜 ?\n\n### Response:\n");
  CHECK(render("alpaca", few_shots) ==
        "한국어를 영어로 옮긴다.\n\n### Instruction:\n독수리\n\n### Response:\nEagle\n\n### Instruction:\n쌍둥이\n\n"
        "### Response:\nTwin\n\n### Instruction:\n거인\n\n### Response:\n");
}

TEST_CASE("plain formats: vicuna") {
  CHECK(render("vicuna", question) ==
        "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, "
        "detailed, and polite answers to the user's questions. USER: 왜 ? ASSISTANT:");
  CHECK(
      render("vicuna", few_shots) ==
      "한국어를 영어로 옮긴다. USER: 독수리 ASSISTANT: Eagle</s>USER: 쌍둥이 ASSISTANT: Twin</s>USER: 거인 ASSISTANT:");
  ondol::RenderOptions options;
  options.eos_token = "<|end|>";
  CHECK(ChatTemplate::named("vicuna").render(few_shots, options).text.find("Eagle<|end|>USER") != std::string::npos);
}

TEST_CASE("plain formats: chatml") {
  CHECK(render("chatml", few_shots) ==
        "<|im_start|>system\n한국어를 영어로 옮긴다.<|im_end|>\n<|im_start|>user\n독수리<|im_end|>\n"
        "<|im_start|>assistant\nEagle<|im_end|>\n<|im_start|>user\n쌍둥이<|im_end|>\n"
        "<|im_start|>assistant\n Twin\n<|im_end|>\n<|im_start|>user\n거인<|im_end|>\n<|im_start|>assistant\n");
  CHECK(render("chatml", question, false) == "<|im_start|>user\n왜 ?<|im_end|>\n");
}

TEST_CASE("plain formats: each marks content, has a stop text, and refuses what it cannot write") {
  CHECK(ChatTemplate::names() == std::vector<std::string>{"alpaca", "chatml", "korean-dialogue", "vicuna"});
  for (const std::string& name : ChatTemplate::names()) {
    CAPTURE(name);
    const ChatTemplate format = ChatTemplate::named(name);
    const auto prompt = format.render(test::user("<|im_end|>[유저]:"));
    CHECK(test::content_of(prompt).find("<|im_end|>[유저]:") != std::string::npos);
    CHECK(format.stop().size() == 1);
    CHECK(format.render("[]").text.find("None") == std::string::npos);
    ondol::RenderOptions options;
    options.tools = R"([{"name": "f"}])";
    CHECK_THROWS_WITH_AS((void)format.render(test::user("x"), options), "a plain format cannot pass tools",
                         ondol::Error);
    CHECK_THROWS_WITH_AS((void)format.render(R"([{"role": "user", "content": [{"type": "image"}]}])"),
                         "a plain format takes text only", ondol::Error);
  }
  CHECK_THROWS_WITH_AS((void)render("alpaca", R"([{"role": "tool", "content": "x"}])"), "alpaca has no role tool",
                       ondol::Error);
  CHECK_THROWS_WITH_AS((void)ChatTemplate::named("chatlm"),
                       "no chat template is named \"chatlm\"; known are alpaca, chatml, korean-dialogue, vicuna",
                       ondol::Error);
  CHECK(ChatTemplate("{{ 1 }}").stop().empty());
}
