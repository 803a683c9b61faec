#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/steps.hpp"

// <tool_call>
// <function=f>
// <parameter=a>
// 1
// </parameter>
// </function>
// </tool_call>
namespace ondol::replies {
namespace {

constexpr std::string_view function = "<function=";
constexpr std::string_view marks[] = {"<tool_call>", function};

/// A value without the newlines that set it off from its marks.
std::string_view inner(std::string_view value) {
  if (value.starts_with('\n')) value.remove_prefix(1);
  if (value.ends_with('\n')) value.remove_suffix(1);
  return value;
}

Reading read_block(Context& c, std::string_view mark) {
  if (mark != function) {
    co_await Space(c.in);
    co_await Require(c.in, function);
  }
  std::string name = co_await Name(c.in);
  co_await Require(c.in, ">");
  std::vector<Json::Member> arguments;
  for (;;) {
    co_await Space(c.in);
    const bool parameter = co_await Take(c.in, "<parameter=");
    if (!parameter) break;
    std::string key = co_await Name(c.in);
    co_await Require(c.in, ">");
    const std::string value = co_await TextUntil(c.in, "</parameter>");
    arguments.emplace_back(key, c.tools.value(name, key, inner(value)));
  }
  co_await RequireEnd(c.in, "</function>");
  c.add(ToolCall{std::move(name), Json::object(std::move(arguments)).dump(), {}});
  co_await Close(c.in, "</tool_call>");
}

}  // namespace

constinit const Format qwen_xml{.name = "qwen-xml", .marks = marks, .block = read_block};

}  // namespace ondol::replies
