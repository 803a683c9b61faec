#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/steps.hpp"

// <｜tool▁calls▁begin｜>
// <｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": 1}<｜tool▁call▁end｜>             since V3.1
// <｜tool▁call▁begin｜>function<｜tool▁sep｜>f
// ```json
// {"a": 1}
// ```<｜tool▁call▁end｜>                                                  before
// <｜tool▁calls▁end｜>
namespace ondol::replies {
namespace {

constexpr std::string_view calls_begin = "<｜tool▁calls▁begin｜>";
constexpr std::string_view call_begin = "<｜tool▁call▁begin｜>";
constexpr std::string_view separator = "<｜tool▁sep｜>";
constexpr std::string_view call_end = "<｜tool▁call▁end｜>";
constexpr std::string_view calls_end = "<｜tool▁calls▁end｜>";
constexpr std::string_view fence = "```";
constexpr std::string_view marks[] = {calls_begin, call_begin};

Reading read_block(Context& c, std::string_view mark) {
  if (mark == calls_begin) {
    co_await Space(c.in);
    co_await Require(c.in, call_begin);
  }
  bool another = true;
  while (another) {
    co_await Space(c.in);
    std::string name = co_await Name(c.in);  // or "function"
    co_await Require(c.in, separator);
    co_await Space(c.in);
    const bool plain = co_await Peek(c.in, "{");
    if (!plain) {
      name = co_await Name(c.in);
      co_await Space(c.in);
      const bool fenced = co_await Take(c.in, fence);
      if (fenced) co_await Take(c.in, "json");
    }
    const Json arguments = co_await JsonValue(c.in, plain ? call_end : fence);
    auto call = make_call(std::move(name), &arguments);
    co_await Check(call.has_value());
    c.add(*std::move(call));
    co_await Close(c.in, fence);
    co_await Close(c.in, call_end);
    c.in.commit();
    another = co_await Close(c.in, call_begin);
  }
  co_await Close(c.in, calls_end);
}

}  // namespace

constinit const Format deepseek{.name = "deepseek", .marks = marks, .block = read_block};

}  // namespace ondol::replies
