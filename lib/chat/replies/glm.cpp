#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/steps.hpp"

// <tool_call>f
// <arg_key>a</arg_key>
// <arg_value>1</arg_value>
// </tool_call>
namespace ondol::replies {
namespace {

constexpr std::string_view marks[] = {"<tool_call>"};

Reading read_block(Context& c, std::string_view) {
  co_await Space(c.in);
  std::string name = co_await Name(c.in);
  std::vector<Json::Member> arguments;
  for (;;) {
    co_await Space(c.in);
    const bool argument = co_await Take(c.in, "<arg_key>");
    if (!argument) break;
    std::string key = co_await TextUntil(c.in, "</arg_key>");
    co_await Space(c.in);
    co_await Require(c.in, "<arg_value>");
    const std::string value = co_await TextUntil(c.in, "</arg_value>");
    arguments.emplace_back(key, c.tools.value(name, key, value));
  }
  co_await RequireEnd(c.in, "</tool_call>");
  c.add(ToolCall{std::move(name), Json::object(std::move(arguments)).dump(), {}});
}

}  // namespace

constinit const Format glm{.name = "glm", .marks = marks, .block = read_block};

}  // namespace ondol::replies
