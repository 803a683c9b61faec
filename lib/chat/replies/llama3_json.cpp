#include <algorithm>
#include <iterator>
#include <vector>

#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/steps.hpp"

// {"name": "f", "parameters": {"a": 1}}
// or <|python_tag|>{"name": "f", "parameters": {"a": 1}}; {"name": "g", "parameters": {}}
namespace ondol::replies {
namespace {

constexpr std::string_view marks[] = {"<|python_tag|>"};
constexpr std::string_view separator = ";";

Reading read_block(Context& c, std::string_view) {
  do {
    co_await Space(c.in);
    auto calls = calls_of(co_await JsonValue(c.in));
    co_await Check(calls.has_value());
    c.add(*std::move(calls));
  } while (co_await Close(c.in, separator));
}

Reading read_unmarked(Context& c) {
  std::vector<ToolCall> all;
  const bool object = co_await Peek(c.in, "{");
  co_await Check(object);
  do {
    co_await Space(c.in);
    auto calls = calls_of(co_await JsonValue(c.in));
    co_await Check(calls && std::all_of(calls->begin(), calls->end(),
                                        [&](const ToolCall& call) { return c.tools.know(call.name); }));
    std::move(calls->begin(), calls->end(), std::back_inserter(all));
  } while (co_await Close(c.in, separator));
  co_await OnlyEnd(c.in);
  c.add(std::move(all));
}

}  // namespace

constinit const Format llama3_json{
    .name = "llama3-json", .marks = marks, .block = read_block, .unmarked = read_unmarked};

}  // namespace ondol::replies
