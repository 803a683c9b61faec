#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/steps.hpp"

// <|START_THINKING|>...<|END_THINKING|>
// <|START_ACTION|>[{"tool_call_id": "0", "tool_name": "f", "parameters": {"a": 1}}]<|END_ACTION|>
// <|START_RESPONSE|>...<|END_RESPONSE|>
// and before Command R7B
// Action: ```json
// [{"tool_name": "f", "parameters": {"a": 1}}]```
namespace ondol::replies {
namespace {

constexpr Thinking thinking[] = {{"<|START_THINKING|>", "<|END_THINKING|>"}, {"<think>", "</think>"}};
constexpr std::string_view action = "Action:";
constexpr std::string_view fence = "```";
constexpr std::string_view marks[] = {"<|START_ACTION|>", action,           "<|START_RESPONSE|>",
                                      "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"};

Reading read_fenced(Context& c) {
  co_await Space(c.in);
  co_await Require(c.in, fence);
  co_await Take(c.in, "json");
  auto calls = calls_of(co_await JsonValue(c.in, fence));
  co_await Check(calls.has_value());
  c.add(*std::move(calls));
  co_await Close(c.in, fence);
}

Reading read_block(Context& c, std::string_view mark) {
  return mark == action ? read_fenced(c) : read_json_block(c, mark);
}

}  // namespace

constinit const Format command_r{.name = "command-r",
                                 .thinking = thinking,
                                 .marks = marks,
                                 .ignored = 4,
                                 .end = "<|END_ACTION|>",
                                 .block = read_block};

}  // namespace ondol::replies
