#include <doctest/doctest.h>

#include <string>

#include "chat/cases.hpp"
#include "ondol/error.hpp"

using ondol::ChatTemplate;

TEST_CASE("T12: the Llama 3 chat format") {
  const ChatTemplate llama(
      "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n"
      "{{ m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}<|start_header_id|>assistant"
      "<|end_header_id|>\n\n{% endif %}");
  ondol::RenderOptions options;
  options.bos_token = "<|begin_of_text|>";
  const auto prompt = llama.render(
      R"([{"role": "system", "content": "당신은 도움을 주는 비서입니다."}, {"role": "user", "content": "케이뱅크에 대해 알려줘"}])",
      options);
  CHECK(prompt.text ==
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n당신은 도움을 주는 비서입니다.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\n케이뱅크에 대해 알려줘<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n");
  CHECK(test::content_of(prompt) == "system당신은 도움을 주는 비서입니다.user케이뱅크에 대해 알려줘");
}

TEST_CASE("T13: the plain multi-turn template") {
  const ChatTemplate plain(
      "{% for m in messages %}[{{ '유저' if m.role == 'user' else '챗봇' }}]: {{ m.content }}\n{% endfor %}"
      "{% if add_generation_prompt %}[챗봇]:{% endif %}");
  const auto prompt = plain.render(R"([{"role": "user", "content": "에이브러햄 링컨이 누구야?"},
      {"role": "assistant", "content": "미국의 제16대 대통령입니다."}, {"role": "user", "content": "언제 태어났어?"}])");
  CHECK(prompt.text ==
        "[유저]: 에이브러햄 링컨이 누구야?\n[챗봇]: 미국의 제16대 대통령입니다.\n[유저]: 언제 태어났어?\n[챗봇]:");
}

TEST_CASE("chat template: the clock") {
  ondol::RenderOptions options;
  options.now = test::clock;
  CHECK(ChatTemplate("{{ strftime_now('%d %b %Y, %H:%M:%S %A %j') }}").render("[]", options).text ==
        "02 Jan 2026, 03:04:05 Friday 002");
  CHECK(ChatTemplate("{{ strftime_now('%Y')|int > 2024 }}").render("[]").text == "True");
}

TEST_CASE("chat template: arguments") {
  ondol::RenderOptions options;
  const ChatTemplate shown(
      "{{ tools }} {{ documents }} {{ add_generation_prompt }} {{ bos_token is defined }} {{ enable_thinking }}");
  CHECK(shown.render("[]").text == "None None True False ");
  options.tools = "[]";
  options.add_generation_prompt = false;
  options.bos_token = "<s>";
  options.variables = R"({"enable_thinking": false})";
  CHECK(shown.render("[]", options).text == "[] None False True False");
  const auto refused = [&](const char* messages, const char* message) {
    CHECK_THROWS_WITH_AS((void)shown.render(messages, options), doctest::Contains(message), ondol::Error);
  };
  refused("{}", "messages: found an object, expected an array");
  refused("[", "messages: not valid JSON");
  options.variables = R"({"messages": []})";
  refused("[]", "\"messages\" has an argument of its own");
  options.variables = "[]";
  refused("[]", "variables: found an array, expected an object");
}

TEST_CASE("chat template: reasoning by any of its names") {
  const ChatTemplate shown("{% for m in messages %}{{ m.reasoning_content }}|{{ m.thinking }};{% endfor %}");
  CHECK(shown
            .render(R"([{"reasoning": "a"}, {"thinking": "b"}, {"reasoning_content": "c", "thinking": "d"},
                         {"reasoning_content": null, "reasoning": "e"}, {}])")
            .text == "a|a;b|b;c|d;e|e;|;");
}

TEST_CASE("chat template: errors have their place") {
  const auto offset = [](const std::string& source) -> std::int64_t {
    try {
      (void)ChatTemplate(source).render("[]");
    } catch (const ondol::Error& error) {
      CHECK(error.code() == ondol::Status::template_error);
      return error.offset();
    }
    return -2;
  };
  CHECK(offset("abc {{ 1 + }}") == 11);
  CHECK(offset("abc {% nosuchtag %}") == 7);
  CHECK(offset("a\r\nb {{ 'x' + 1 }}") == 8);
  CHECK(offset("ok {{ nope.x }}") == 10);
  CHECK(offset("{# never closed") == 0);
  CHECK(offset("fine") == -2);
  CHECK_THROWS_WITH_AS((void)ChatTemplate("a\nb\n{{ 1 / 0 }}").render("[]"), "chat template, line 3: division by zero",
                       ondol::Error);
  CHECK_THROWS_WITH_AS((void)ChatTemplate("{{ raise_exception('Only ' ~ 'user') }}").render("[]"), "Only user",
                       ondol::Error);
  CHECK_THROWS_WITH_AS((void)ChatTemplate("{% include 'x' %}").render("[]"), doctest::Contains("'include'"),
                       ondol::Error);
}
