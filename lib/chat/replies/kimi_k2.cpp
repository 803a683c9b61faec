#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/steps.hpp"

// <|tool_calls_section_begin|>
// <|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|>
// <|tool_calls_section_end|>
namespace ondol::replies {
namespace {

constexpr std::string_view section_begin = "<|tool_calls_section_begin|>";
constexpr std::string_view call_begin = "<|tool_call_begin|>";
constexpr std::string_view argument_begin = "<|tool_call_argument_begin|>";
constexpr std::string_view call_end = "<|tool_call_end|>";
constexpr std::string_view section_end = "<|tool_calls_section_end|>";
constexpr std::string_view marks[] = {section_begin, call_begin};

/// The tool of an id: "functions.f:0" is of f.
std::string tool_of(std::string_view id) {
  constexpr std::string_view space = "functions.";
  if (id.starts_with(space)) id.remove_prefix(space.size());
  const std::size_t colon = id.rfind(':');
  const bool counted = colon != id.npos && id.find_first_not_of("0123456789", colon + 1) == id.npos;
  return std::string(id.substr(0, counted ? colon : id.size()));
}

Reading read_block(Context& c, std::string_view mark) {
  if (mark == section_begin) {
    co_await Space(c.in);
    co_await Require(c.in, call_begin);
  }
  bool another = true;
  while (another) {
    co_await Space(c.in);
    std::string id = co_await Name(c.in);
    co_await Space(c.in);
    co_await Require(c.in, argument_begin);
    const Json arguments = co_await JsonValue(c.in, call_end);
    auto call = make_call(tool_of(id), &arguments, id);
    co_await Check(call.has_value());
    c.add(*std::move(call));
    co_await Close(c.in, call_end);
    c.in.commit();
    another = co_await Close(c.in, call_begin);
  }
  co_await Close(c.in, section_end);
}

}  // namespace

constinit const Format kimi_k2{.name = "kimi-k2", .marks = marks, .block = read_block};

}  // namespace ondol::replies
