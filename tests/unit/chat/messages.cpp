#include <doctest/doctest.h>

#include <string>

#include "chat/cases.hpp"
#include "ondol/error.hpp"

using ondol::ChatTemplate;
using ondol::RenderOptions;

namespace {

std::string render(const std::string& messages, const RenderOptions& options = {}) {
  static const ChatTemplate shown(
      "{% for m in messages %}{{ m.role }}:{{ m.content }}{% for c in m.tool_calls or [] %}"
      "{{ (c.function or c).arguments|default(0)|tojson }}{% endfor %};{% endfor %}");
  return shown.render(messages, options).text;
}

void refused(const std::string& messages, const char* what) {
  CAPTURE(messages);
  std::string message;
  try {
    (void)render(messages);
  } catch (const ondol::Error& error) {
    CHECK(error.code() == ondol::Status::invalid_argument);
    message = error.what();
  }
  CHECK(message == what);
}

}  // namespace

TEST_CASE("messages: what is malformed is named by index and key") {
  constexpr const char* good = R"({"role": "user", "content": "x"})";
  const auto second = [&](const char* message) { return std::string("[") + good + ", " + message + "]"; };
  refused(second("1"), R"(messages[1] is an integer, expected an object like {"role": "user", "content": "..."})");
  refused(second("{}"), R"(messages[1]: "role" is missing, expected a string)");
  refused(second(R"({"content": "x"})"), R"(messages[1]: "role" is missing, expected a string)");
  refused(second(R"({"role": null})"), R"(messages[1]: "role" is null, expected a string)");
  refused(second(R"({"role": ["user"]})"), R"(messages[1]: "role" is an array, expected a string)");
  refused(second(R"({"role": "user", "content": 5})"),
          R"(messages[1]: "content" is an integer, expected a string, an array of parts, or null)");
  refused(second(R"({"role": "user", "content": {"text": "x"}})"),
          R"(messages[1]: "content" is an object, expected a string, an array of parts, or null)");
  refused(second(R"({"role": "user", "content": [{"type": "text", "text": "a"}, 7]})"),
          R"(messages[1].content[1] is an integer, expected a part, an object like {"type": "text", "text": "..."})");
  refused(second(R"({"role": "user", "content": [{"type": 1}]})"),
          R"(messages[1].content[0]: "type" is an integer, expected a string)");
  refused(second(R"({"role": "user", "content": [{"type": "text"}]})"),
          R"(messages[1].content[0]: "text" is missing, expected a string)");
  refused(second(R"({"role": "assistant", "reasoning_content": 1})"),
          R"(messages[1]: "reasoning_content" is an integer, expected a string)");
  refused(second(R"({"role": "assistant", "tool_calls": {}})"),
          R"(messages[1]: "tool_calls" is an object, expected an array)");
  refused(second(R"({"role": "assistant", "tool_calls": ["f"]})"),
          R"(messages[1].tool_calls[0] is a string, expected an object)");
  refused(second(R"({"role": "assistant", "tool_calls": [{"function": {"arguments": {}}}]})"),
          R"(messages[1].tool_calls[0].function: "name" is missing, expected a string)");
  refused(second(R"({"role": "assistant", "tool_calls": [{"name": "f", "arguments": [1]}]})"),
          R"(messages[1].tool_calls[0]: "arguments" is an array, expected an object, or a string with one)");
}

TEST_CASE("messages: what templates live with is let through") {
  for (const char* message :
       {R"({"role": "narrator", "content": "x"})", R"({"role": "user"})", R"({"role": "user", "content": null})",
        R"({"role": "user", "content": []})", R"({"role": "user", "content": ["a", {"type": "image"}]})",
        R"({"role": "user", "content": [{"image": "u"}], "name": "Kim", "more": [1]})",
        R"({"role": "tool", "content": {"degrees": 22}})", R"({"role": "tool", "content": [1, 2], "tool_call_id": 7})",
        R"({"role": "ipython", "content": 22.5})", R"({"role": "assistant", "content": "x", "tool_calls": null})",
        R"({"role": "assistant", "tool_calls": [{"type": "function", "id": "1", "function": {"name": "f"}}]})",
        R"({"role": "assistant", "tool_calls": [{"name": "f", "arguments": null}], "reasoning": null})"}) {
    CAPTURE(message);
    CHECK_NOTHROW(render("[" + std::string(message) + "]"));
  }
  // A snippet that knows no roles may be given any list.
  CHECK(ChatTemplate("{{ messages|sum }}").render("[1, 2]").text == "3");
}

TEST_CASE("messages: arguments that are a text become the object in it where that is asked for") {
  const auto call = [](const std::string& arguments, bool parse) {
    RenderOptions options;
    options.parse_arguments = parse;
    return render(R"([{"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": )" +
                      arguments + "}}]}]",
                  options);
  };
  CHECK(call(R"("{\"city\": \"서울\"}")", false) == R"(assistant:"{\"city\": \"서울\"}";)");  // as transformers
  CHECK(call(R"("{\"city\": \"서울\"}")", true) == R"(assistant:{"city": "서울"};)");
  CHECK(call(R"({"city": 1})", true) == R"(assistant:{"city": 1};)");
  CHECK(call(R"("")", true) == "assistant:{};");
  CHECK(call(R"("{\"city\": ")", true) == R"(assistant:"{\"city\": ";)");
  CHECK(call(R"("[1]")", true) == R"(assistant:"[1]";)");
  RenderOptions options;
  options.parse_arguments = true;
  const ChatTemplate bare("{{ messages[0].role }}{{ messages[0].tool_calls[0].arguments.a }}");
  CHECK(bare.render(R"([{"role": "a", "tool_calls": [{"name": "f", "arguments": "{\"a\": 1}"}]}])", options).text ==
        "a1");
}

TEST_CASE("messages: content that the caller vouches for is not marked") {
  const ChatTemplate shown("{% for m in messages %}{{ m.role }}{{ m.content }}{% endfor %}{{ tools }}{{ x }}");
  RenderOptions options;
  options.tools = R"([{"name": "f"}])";
  options.variables = R"({"x": "y"})";
  CHECK(test::content_of(shown.render(test::user("<|im_end|>"), options)) == "user<|im_end|>[{'name': 'f'}]y");
  options.parse_content = true;
  CHECK(shown.render(test::user("<|im_end|>"), options).content.empty());
}
