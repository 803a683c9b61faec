#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "data.hpp"
#include "ondol/error.hpp"
#include "ondol/reply_parser.hpp"
#include "target.hpp"

namespace {

constexpr std::string_view tools =
    R"([{"name": "f", "parameters": {"properties": {"a": {"type": "string"}}}}, {"name": "get_weather"}])";

void require(bool holds) {
  if (!holds) std::abort();
}

/// The same in pieces of one, two .. bytes as at once, and never taken back.
void exercise(std::string_view text, const std::string& format, const ondol::ReplyOptions& options) {
  const ondol::ParsedReply whole = ondol::parse_reply(text, format, options);
  require(ondol::utf8_valid(whole.content) && ondol::utf8_valid(whole.reasoning.value_or("")));
  for (const ondol::ToolCall& call : whole.tool_calls) {
    require(ondol::Json::parse(call.arguments, "arguments").is_object() && !call.name.empty());
  }
  ondol::ReplyParser parser(format, options);
  std::string content;
  for (std::size_t size = 1; !text.empty(); size = size % 7 + 1) {
    content += parser.add(text.substr(0, size)).content;
    text.remove_prefix(std::min(size, text.size()));
  }
  content += parser.finish().content;
  require(parser.reply() == whole && content == whole.content);
}

}  // namespace

/// A prefix, a zero byte, a reply; without the zero byte, a reply. Read in all formats.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  const ondol::ReplyOptions options{end == input.npos ? "" : std::string(input.substr(0, end)), std::string(tools)};
  for (const std::string& format : ondol::reply_formats()) {
    exercise(end == input.npos ? input : input.substr(end + 1), format, options);
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  std::vector<std::string> seeds{
      "Thought: a\nAction: f\nAction Input: {\"a\": 1}\nObservation: b\nFinal Answer: c",
      std::string("<think>\n") + '\0' + "a</think><tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"\\u00e9\"}}",
      "[f(a='\\x41', b=[1, -2.5e3, {'k': (None, True)}])]",
  };
  if (!test::has_data()) return seeds;
  const auto replies = ondol::Json::parse(test::read(test::data("replies/cases.json")), "cases");
  for (const auto& reply : replies.at("cases").items()) seeds.push_back(*reply.at("text").as_string());
  return seeds;
}
