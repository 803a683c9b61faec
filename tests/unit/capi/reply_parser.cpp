#include "capi/client.hpp"

using namespace test;

namespace {

constexpr const char* call =
    "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"서울\"}}\n</tool_call>";

std::string parsed(std::string_view reply, const char* format, const char* options = nullptr) {
  return text([&](auto** out, auto** error) {
    return ondol_parse_reply(reply.data(), std::int64_t(reply.size()), format, -1, options, -1, out, error);
  });
}

}  // namespace

TEST_CASE("a reply is taken apart") {
  CHECK(parsed(call, "hermes") ==
        R"({"content":"","reasoning":null,"tool_calls":[{"name":"get_weather","arguments":{"city":"서울"}}],)"
        R"("incomplete":false})");
  CHECK(parsed("[TOOL_CALLS]f[CALL_ID]a1[ARGS]{}", "mistral") ==
        R"({"content":"","reasoning":null,"tool_calls":[{"name":"f","arguments":{},"id":"a1"}],"incomplete":false})");
  CHECK(parsed("생각</think>\n[f()]", "pythonic", R"({"prefix":"<think>","tools":[{"name":"f"}]})") ==
        R"({"content":"","reasoning":"생각","tool_calls":[{"name":"f","arguments":{}}],"incomplete":false})");
  CHECK(parsed(std::string_view(call).substr(0, 30), "hermes").ends_with(R"("incomplete":true})"));
}

TEST_CASE("a reply is taken apart as it comes, cut at any byte") {
  const auto parser = make<ondol_reply_parser>(
      [](auto** out, auto** error) { return ondol_reply_parser_new("hermes", -1, "{}", -1, out, error); });
  const std::string whole = "보자. " + std::string(call);
  std::string deltas;
  for (const char& byte : whole) {
    deltas +=
        text([&](auto** out, auto** error) { return ondol_reply_parser_add(parser.get(), &byte, 1, out, error); });
  }
  CHECK(deltas.find(R"({"content":"보","reasoning":"","tool_calls":[]})") != std::string::npos);
  CHECK(deltas.find(R"({"content":"","reasoning":"","tool_calls":[{"name":"get_weather")") != std::string::npos);
  CHECK(text([&](auto** out, auto** error) { return ondol_reply_parser_finish(parser.get(), out, error); }) ==
        R"({"content":"","reasoning":"","tool_calls":[]})");
  CHECK(text([&](auto** out, auto** error) { return ondol_reply_parser_reply(parser.get(), out, error); }) ==
        parsed(whole, "hermes"));
  ondol_string* out = nullptr;
  CHECK(outcome([&](auto** error) { return ondol_reply_parser_add(parser.get(), "x", 1, &out, error); }).status ==
        ONDOL_INVALID_ARGUMENT);
}

TEST_CASE("what is wrong with a reply's format or options is said") {
  const auto parse = [](const char* format, const char* options) {
    ondol_string* out = nullptr;
    return outcome([&](auto** error) { return ondol_parse_reply("", 0, format, -1, options, -1, &out, error); });
  };
  CHECK(parse("gpt", nullptr).message.find("harmony") != std::string::npos);
  CHECK(parse("hermes", R"({"prefx":""})").message.find("prefix") != std::string::npos);
  CHECK(parse("hermes", R"({"tools":[{}]})").message.find("name") != std::string::npos);
  CHECK(parse("hermes", R"({"tools":{}})").status == ONDOL_INVALID_ARGUMENT);
}
