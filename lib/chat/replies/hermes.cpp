#include "chat/replies/formats.hpp"

// <tool_call>
// {"name": "f", "arguments": {"a": 1}}
// </tool_call>
namespace ondol::replies {
namespace {

constexpr std::string_view marks[] = {"<tool_call>"};

}  // namespace

constinit const Format hermes{.name = "hermes", .marks = marks, .end = "</tool_call>"};

}  // namespace ondol::replies
