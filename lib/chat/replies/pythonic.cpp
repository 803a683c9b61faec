#include <algorithm>

#include "chat/replies/formats.hpp"
#include "chat/replies/match.hpp"
#include "chat/replies/python_calls.hpp"
#include "chat/replies/python_extent.hpp"
#include "chat/replies/steps.hpp"

// [f(a="x", b=1), g()]
// or <|python_start|>[f(a="x", b=1), g()]<|python_end|>
namespace ondol::replies {
namespace {

constexpr std::string_view marks[] = {"<|python_start|>"};
constexpr std::string_view end = "<|python_end|>";

using Calls = std::vector<ToolCall>;

/// A list of calls from its bracket on.
class PythonList {
 public:
  explicit PythonList(Source& in) : in_(in) {}
  Progress poll() {
    if (!extent_.broken()) read_ += extent_.read(in_.rest().substr(read_));
    if (!extent_.complete()) return extent_.broken() ? Progress::broken : Progress::more;
    auto calls = python_calls(in_.rest().substr(0, read_));
    if (!calls) return Progress::broken;
    calls_ = *std::move(calls);
    in_.advance(read_);
    return Progress::done;
  }
  [[nodiscard]] Calls take() { return std::move(calls_); }

 private:
  Source& in_;
  PythonExtent extent_;
  std::size_t read_ = 0;
  Calls calls_;
};

/// Breaks early where a text only begins with a bracket.
class ListOfCalls {
 public:
  explicit ListOfCalls(Source& in) : in_(in) {}
  Progress poll() {
    const std::string_view rest = in_.rest();
    const auto skip_white = [&](std::size_t at) { return at + white_length(rest.substr(at)); };
    if (!rest.empty() && rest.front() != '[') return Progress::broken;
    const std::size_t name = skip_white(std::min<std::size_t>(1, rest.size()));
    const std::size_t behind = skip_white(std::min(rest.find_first_of(" \t\n\r\v\f([{'\",)]}", name), rest.size()));
    if (behind > max_begin) return Progress::broken;
    if (behind == rest.size()) return Progress::more;
    return behind > name && rest[behind] == '(' ? Progress::done : Progress::broken;
  }
  void take() {}

 private:
  static constexpr std::size_t max_begin = 1000;
  Source& in_;
};

Reading read_block(Context& c, std::string_view) {
  co_await Space(c.in);
  co_await ListOfCalls(c.in);
  c.add(co_await PythonList(c.in));
  co_await Close(c.in, end);
}

Reading read_unmarked(Context& c) {
  co_await ListOfCalls(c.in);
  Calls calls = co_await PythonList(c.in);
  co_await Check(
      std::all_of(calls.begin(), calls.end(), [&](const ToolCall& call) { return c.tools.know(call.name); }));
  co_await OnlyEnd(c.in);
  c.add(std::move(calls));
}

}  // namespace

constinit const Format pythonic{.name = "pythonic", .marks = marks, .block = read_block, .unmarked = read_unmarked};

}  // namespace ondol::replies
