#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "chat/cases.hpp"
#include "ondol/error.hpp"
#include "ondol/reply_parser.hpp"

using ondol::Json;
using ondol::ParsedReply;
using ondol::ReplyDelta;
using ondol::ReplyOptions;
using ondol::ReplyParser;
using ondol::ToolCall;

namespace {

const std::string tools = R"([
  {"type": "function", "function": {"name": "search", "parameters": {"properties": {"input": {"type": "string"}}}}},
  {"name": "f", "parameters": {"properties": {"a": {"type": ["string", "null"]}, "b": {"type": "integer"}}}}])";

void append(ReplyDelta& all, const ReplyDelta& delta) {
  all.content += delta.content;
  all.reasoning += delta.reasoning;
  all.tool_calls.insert(all.tool_calls.end(), delta.tool_calls.begin(), delta.tool_calls.end());
}

/// Feeds the pieces; checks that what was given on the way is whole characters and the result at the end.
ParsedReply stream(const std::vector<std::string_view>& pieces, const std::string& format,
                   const ReplyOptions& options) {
  ReplyParser parser(format, options);
  ReplyDelta all;
  for (const std::string_view piece : pieces) {
    const ReplyDelta delta = parser.add(piece);
    if (!ondol::utf8_valid(delta.content) || !ondol::utf8_valid(delta.reasoning)) FAIL("a cut character");
    append(all, delta);
    if (pieces.size() < 1000 && parser.reply().content != all.content) FAIL("content was taken back");
  }
  append(all, parser.finish());
  const ParsedReply reply = parser.reply();
  CHECK(all.content == reply.content);
  CHECK(all.reasoning == reply.reasoning.value_or(""));
  CHECK(all.tool_calls == reply.tool_calls);
  return reply;
}

std::vector<std::string_view> bytes(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

/// The reply, after checking that it is the same however the text is cut.
ParsedReply parse(const std::string& text, const std::string& format, const ReplyOptions& options = {"", tools}) {
  CAPTURE(text);
  CAPTURE(format);
  const ParsedReply whole = ondol::parse_reply(text, format, options);
  CHECK(ondol::utf8_valid(whole.content));
  CHECK(stream(bytes(text), format, options) == whole);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view view = text;
    const ParsedReply pieces = stream({view.substr(0, cut), view.substr(cut)}, format, options);
    if (pieces != whole) {
      CAPTURE(cut);
      CHECK(pieces.content == whole.content);
      CHECK(pieces.reasoning == whole.reasoning);
      CHECK(pieces.tool_calls == whole.tool_calls);
      CHECK(pieces.incomplete == whole.incomplete);
    }
  }
  return whole;
}

Json json_of(const ParsedReply& reply) {
  Json::Array calls;
  for (const ToolCall& call : reply.tool_calls) {
    calls.push_back(Json::object({{"name", call.name}, {"arguments", Json::parse(call.arguments, "arguments")}}));
  }
  return Json::object({{"content", reply.content},
                       {"reasoning", reply.reasoning ? Json(*reply.reasoning) : Json()},
                       {"tool_calls", std::move(calls)}});
}

std::vector<ToolCall> one(const std::string& name, const std::string& arguments, const std::string& id = "") {
  return {{name, arguments, id}};
}

}  // namespace

TEST_CASE("replies: the reference cases, whole and cut at every byte" * doctest::skip(!test::has_data())) {
  const Json data = test::json("replies/cases.json");
  for (const Json& reference : data.at("cases").items()) {
    CAPTURE(*reference.at("name").as_string());
    const Json* open = reference.find("thinking_open");
    const Json* truncated = reference.find("truncated");
    const ReplyOptions options{open ? "<|im_start|>assistant\n<think>\n" : "", data.at("tools").dump()};
    const ParsedReply reply = parse(*reference.at("text").as_string(), *reference.at("format").as_string(), options);
    CHECK(json_of(reply).dump() == reference.at("expected").dump());
    CHECK(reply.incomplete == (truncated != nullptr));
  }
  CHECK(data.at("cases").size() == 75);
}

TEST_CASE("replies: random cuts, and random beginnings of the reference cases" * doctest::skip(!test::has_data())) {
  const Json data = test::json("replies/cases.json");
  const ReplyOptions options{"", data.at("tools").dump()};
  std::mt19937 random(1);
  for (const Json& reference : data.at("cases").items()) {
    const std::string& format = *reference.at("format").as_string();
    for (int i = 0; i < 20; ++i) {
      std::string text = *reference.at("text").as_string();
      text.resize(random() % (text.size() + 1));
      if (i % 2 != 0) text.insert(random() % (text.size() + 1), text.substr(random() % (text.size() + 1), 20));
      std::vector<std::string_view> pieces;
      for (std::string_view rest = text; !rest.empty();) {
        pieces.push_back(rest.substr(0, 1 + random() % 9));
        rest.remove_prefix(pieces.back().size());
      }
      CAPTURE(text);
      CHECK(stream(pieces, format, options) == ondol::parse_reply(text, format, options));
    }
  }
}

TEST_CASE("replies: a tool call, and a broken one") {
  const std::string call =
      "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"서울\", \"days\": 2}}\n</tool_call>";
  const ParsedReply one_call = parse("찾아볼게요.\n" + call, "hermes");
  CHECK(one_call.content == "찾아볼게요.");
  CHECK(one_call.tool_calls == one("get_weather", R"({"city":"서울","days":2})"));
  CHECK(parse(call + "\n" + call, "hermes").tool_calls.size() == 2);
  for (const char* end : {"", "\n</tool_call>", "}\n</tool", "}<|im_end|"}) {
    const std::string broken =
        "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"서울\"" + std::string(end);
    const ParsedReply reply = parse(broken, "hermes");
    CHECK(reply.content == broken);
    CHECK(reply.incomplete);
    CHECK(reply.tool_calls.empty());
  }
  CHECK(parse("{\"name\": \"get_weather\", \"arguments\": {\"city\": \"서울\"", "hermes").incomplete);
  CHECK_FALSE(parse("{\"a\": 1} is JSON", "hermes").incomplete);
  CHECK(parse("<tool_call>{\"name\": \"f\"<|im_end|>", "hermes").incomplete);
  CHECK_FALSE(parse("<tool_call>{\"name\": f}</tool_call>", "hermes").incomplete);
  const std::string other = "<tool_call>{\"name\": \"a\", \"x\": \"oops<tool_call>{\"name\": \"f\"}</tool_call>";
  CHECK(parse(other, "hermes").tool_calls == one("f", "{}"));
}

TEST_CASE("replies: thoughts, actions and the final answer") {
  const std::string first = "Thought: 날씨를 찾아야 한다.\nAction: search\nAction Input: 오늘 서울 날씨\nObservation:";
  const std::string second = " 맑음, 22도\nThought: 이제 알았다.\nFinal Answer: 맑고 22도입니다.";
  const ParsedReply action = parse(first, "react");
  CHECK(action.reasoning == "날씨를 찾아야 한다.");
  CHECK(action.tool_calls == one("search", R"({"input":"오늘 서울 날씨"})"));
  CHECK(action.content == "");
  const ParsedReply answer = parse(second, "react", {"...\nObservation:", ""});
  CHECK(answer.content == "맑고 22도입니다.");
  CHECK(answer.reasoning == "이제 알았다.");
  CHECK(answer.tool_calls.empty());
  CHECK(parse(second, "react").content == "맑고 22도입니다.");
  const ParsedReply both = parse(first + second, "react");
  CHECK(both.content == "맑고 22도입니다.");
  CHECK(both.reasoning == "날씨를 찾아야 한다.\n이제 알았다.");
  CHECK(both.tool_calls.size() == 1);
  CHECK(parse("Action: f\nAction Input: {\"b\": 1}", "react").tool_calls == one("f", R"({"b":1})"));
  CHECK(parse("Action: f\nObservation: x\nFinal Answer: y", "react").tool_calls == one("f", "{}"));
  CHECK(parse("그냥 대답합니다.", "react").content == "그냥 대답합니다.");
  CHECK(parse(" need it.\nAction: f\nAction Input: x", "react", {"Thought:", ""}).reasoning == "need it.");
  const ParsedReply cut = parse("Thought: a\nAction: sea", "react");
  CHECK(cut.content == "Action: sea");
  CHECK(cut.incomplete);
}

TEST_CASE("replies: reasoning and answer") {
  const ParsedReply reply = parse("<think>\n2+2는 4다.\n</think>\n\n4입니다.", "hermes");
  CHECK(reply.reasoning == "2+2는 4다.");
  CHECK(reply.content == "4입니다.");
  CHECK_FALSE(reply.incomplete);
  const ReplyOptions off{"<|im_start|>assistant\n<think>\n\n</think>\n\n", ""};
  CHECK(parse("4입니다.", "hermes", off).content == "4입니다.");
  CHECK_FALSE(parse("4입니다.", "hermes", off).reasoning);
  CHECK(parse("생각</think>답", "glm", {"<think>", ""}).reasoning == "생각");
  CHECK(parse("a<|END_THINKING|>b", "command-r", {"<|START_THINKING|>", ""}).reasoning == "a");
  CHECK(parse("a[/THINK]b", "mistral", {"[INST]x[/INST][THINK]", ""}).content == "b");
  CHECK(parse("생각<|end|><|start|>assistant<|channel|>final<|message|>답", "harmony",
              {"<|start|>assistant<|channel|>analysis<|message|>", ""})
            .reasoning == "생각");
  CHECK(parse("답", "harmony", {"x<|end|><|start|>assistant", ""}).incomplete);
  CHECK(parse("<think>a<|im_end|>", "hermes").reasoning == "a");
  CHECK(parse("답", "hermes", {"What is <think>?<|im_end|>\n<|im_start|>assistant\n", ""}).content == "답");
}

TEST_CASE("replies: what the reference cases leave open") {
  CHECK(parse("<tool_call>{\"name\": \"f\", \"arguments\": null}</tool_call> <|im_end|>\n", "hermes").content == "");
  CHECK(parse("a <|im_end|> b<|im_end|>\n</s>", "hermes").content == "a <|im_end|> b");
  CHECK(parse("a<|im_e", "hermes").content == "a<|im_e");
  CHECK(parse("<tool_call>[]</tool_call>", "hermes").content == "<tool_call>[]</tool_call>");
  CHECK(parse("a <tool_call>{\"name\": \"f\"} b", "hermes").content == "a  b");
  CHECK(parse("{\"name\": \"f\", \"parameters\": {}} ; {\"name\": \"g\"}", "llama3-json").tool_calls.empty());
  CHECK(parse("{\"name\": \"f\", \"parameters\": {}}", "llama3-json", {}).tool_calls.empty());
  CHECK(parse("[f(b=1), search(input='x',)] <|eot|>", "pythonic").tool_calls.size() == 2);
  CHECK(parse("[f(a=(1,), b=(2), c={'x': ()}, d=-1_000, e=1e-2, g='\\u00e9\\x41\\n\\z')]", "pythonic").tool_calls ==
        one("f", R"({"a":[1],"b":2,"c":{"x":[]},"d":-1000,"e":0.01,"g":"éA\n\\z"})"));
  for (const char* list :
       {"[f(1)]", "[f(a=g)]", "[f(a={1: 2})]", "[f(a=1) g()]", "[f(a='x]", "[f(a=1))]", "[f]", "[]"}) {
    CHECK(parse(list, "pythonic").content == list);
  }
  CHECK(parse("[TOOL_CALLS] f{\"b\": 1}", "mistral").tool_calls == one("f", R"({"b":1})"));
  CHECK(parse("[TOOL_CALLS]f[CALL_ID]abc[ARGS]{}", "mistral").tool_calls == one("f", "{}", "abc"));
  CHECK(parse("<function=f>\n<parameter=a>\nnull\n</parameter>\n</function>", "qwen-xml").tool_calls ==
        one("f", R"({"a":null})"));
  CHECK(parse("<tool_call>f\n<arg_key>a</arg_key><arg_value>1</arg_value></to", "glm").tool_calls ==
        one("f", R"({"a":"1"})"));
  CHECK(parse("<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}", "kimi-k2").tool_calls ==
        one("f", "{}", "functions.f:0"));
  const ParsedReply half = parse(
      "<|tool_calls_section_begin|><|tool_call_begin|>f:0<|tool_call_argument_begin|>{}<|tool_call_end|>"
      "<|tool_call_begin|>g:1<|tool_call_argument_begin|>{\"a\": ",
      "kimi-k2");
  CHECK(half.tool_calls.size() == 1);
  CHECK(half.content == "<|tool_call_begin|>g:1<|tool_call_argument_begin|>{\"a\":");
  CHECK(half.incomplete);
  const ParsedReply two = parse(
      "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>analysis<|message|>b<|end|>"
      "<|start|>assistant<|channel|>commentary to=functions.f<|message|><|call|>",
      "harmony");
  CHECK(two.reasoning == "a\nb");
  CHECK(two.tool_calls == one("f", "{}"));
  const ParsedReply second_good = parse(
      "Hm.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{a}<｜tool▁call▁end｜>"
      "<｜tool▁call▁begin｜>g<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
      "deepseek");
  CHECK(second_good.content == "Hm.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{a}<｜tool▁call▁end｜>");
  CHECK(second_good.tool_calls == one("g", "{}"));
  CHECK(parse("no marks", "harmony").content == "no marks");
  CHECK(parse("<|channel|>commentary to=functions.<|message|>{}<|call|>", "harmony").content == "{}");
  CHECK(parse("{\"name\": \"\"}", "hermes").tool_calls.empty());
}

TEST_CASE("replies: bytes that are no text") {
  CHECK(parse("a\xFF\xEC\x84", "hermes").content == "a\uFFFD\uFFFD");
  CHECK(parse("<tool_call>{\"name\": \"\xED\xA0\x80\"}", "hermes").tool_calls.size() == 1);
  CHECK(parse(std::string("a\0b", 3), "hermes").content == std::string("a\0b", 3));
}

TEST_CASE("replies: what the host did wrong") {
  for (const char* wrong : {"{}", "[1]", "[{}]", "["}) {
    CHECK_THROWS_AS(ReplyParser("hermes", {"", wrong}), ondol::Error);
  }
  CHECK_THROWS_WITH_AS(ReplyParser("gpt"), doctest::Contains("expected one of hermes, llama3-json"), ondol::Error);
  for (const std::string& name : ondol::reply_formats()) {
    CAPTURE(name);
    CHECK_THROWS_WITH_AS(ReplyParser("gpt"), doctest::Contains(name.c_str()), ondol::Error);
    CHECK(ondol::parse_reply("", name) == ParsedReply{});
    CHECK(parse(" 온돌은 따뜻하다. \n", name).content == "온돌은 따뜻하다.");
  }
  ReplyParser parser("hermes");
  (void)parser.finish();
  CHECK(parser.finish().content == "");
  CHECK_THROWS_AS((void)parser.add("x"), ondol::Error);
}

TEST_CASE("replies: time is linear in the text") {
  const auto repeated = [](const std::string& unit, std::size_t size) {
    std::string text;
    while (text.size() < size) text += unit;
    return text;
  };
  constexpr std::size_t size = 1 << 19;
  for (const std::string& name : ondol::reply_formats()) {
    for (const std::string unit :
         {"a", " ", "<", "{", "[", "한", "<tool_call>", "<tool_call>{\"a\":\"", "<tool_call><function=f><parameter=a>",
          "<tool_call>f<arg_key>", "<|im_end|>", "[TOOL_CALLS][", "[f(a=", "<|channel|>to=f<|message|>{",
          "{\"name\":\"f\",\"parameters\":{\"a\":", "\nAction: f\nAction Input:", "\nAction:",
          "<tool_call>f<arg_key>a</arg_key><arg_value>x</arg_value>"}) {
      const std::string text = repeated(unit, size) + "</parameter>x";
      CAPTURE(name);
      CAPTURE(unit);
      const auto start = std::chrono::steady_clock::now();
      (void)ondol::parse_reply(text, name, {"", tools});
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      CHECK(seconds.count() < 3);  // 0.01 on an idle machine
    }
  }
  const std::string text = repeated("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"", size);
  ReplyParser parser("hermes");
  for (std::size_t i = 0; i < text.size(); ++i) (void)parser.add(std::string_view(text).substr(i, 1));
  (void)parser.finish();
  CHECK(parser.reply().content.size() == text.size());
}
