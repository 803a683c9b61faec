#include "chat/replies/formats.hpp"

// <think>...</think><response>...</response>
// <|tool_call|>[{"name": "f", "arguments": {"a": 1}}]
namespace ondol::replies {
namespace {

constexpr std::string_view marks[] = {"<|tool_call|>", "<tool_call>", "<response>", "</response>"};

}  // namespace

constinit const Format granite{.name = "granite", .marks = marks, .ignored = 2, .end = "</tool_call>"};

}  // namespace ondol::replies
