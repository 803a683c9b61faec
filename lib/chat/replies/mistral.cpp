#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/steps.hpp"

// [THINK]...[/THINK]
// [TOOL_CALLS][{"name": "f", "arguments": {"a": 1}, "id": "a1b2c3d4e"}]
// or [TOOL_CALLS]f[CALL_ID]a1b2c3d4e[ARGS]{"a": 1}
namespace ondol::replies {
namespace {

constexpr Thinking thinking[] = {{"[THINK]", "[/THINK]"}, {"<think>", "</think>"}};
constexpr std::string_view marks[] = {"[TOOL_CALLS]"};

Reading read_block(Context& c, std::string_view) {
  co_await Space(c.in);
  const bool list = co_await Peek(c.in, "[");
  const bool object = co_await Peek(c.in, "{");
  if (list || object) {
    auto calls = calls_of(co_await JsonValue(c.in));
    co_await Check(calls.has_value());
    c.add(*std::move(calls));
    co_return;
  }
  std::string name = co_await Name(c.in);
  std::string id;
  const bool has_id = co_await Take(c.in, "[CALL_ID]");
  if (has_id) id = co_await Name(c.in);
  const bool marked = co_await Take(c.in, "[ARGS]");
  co_await Space(c.in);
  const bool braces = co_await Peek(c.in, "{");
  co_await Check(marked || braces);
  const Json arguments = co_await JsonValue(c.in);
  auto call = make_call(std::move(name), &arguments, std::move(id));
  co_await Check(call.has_value());
  c.add(*std::move(call));
}

}  // namespace

constinit const Format mistral{.name = "mistral", .thinking = thinking, .marks = marks, .block = read_block};

}  // namespace ondol::replies
