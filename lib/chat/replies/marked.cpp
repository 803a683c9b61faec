#include <algorithm>
#include <iterator>
#include <optional>

#include "chat/replies/calls.hpp"
#include "chat/replies/format.hpp"
#include "chat/replies/steps.hpp"

namespace ondol::replies {
namespace {

/// Waits until it is clear which thinking opens here, if any; reads past its mark.
class OpenThinking {
 public:
  explicit OpenThinking(Context& c) : c_(c) {}
  Progress poll() {
    for (const Thinking& thinking : c_.format.thinking) {
      Take mark(c_.in, thinking.open);
      if (mark.poll() == Progress::more) return Progress::more;
      if (mark.take()) {
        found_ = &thinking;
        break;
      }
    }
    return Progress::done;
  }
  [[nodiscard]] const Thinking* take() const noexcept { return found_; }

 private:
  Context& c_;
  const Thinking* found_ = nullptr;
};

/// Whether a later turn begins in a prompt's `text`.
bool has_turn(std::string_view text) {
  constexpr std::string_view marks[] = {"<|", "<｜", "</s>", "[/INST]", "<start_of_turn>"};
  return std::any_of(std::begin(marks), std::end(marks),
                     [&](std::string_view mark) { return text.find(mark) != text.npos; });
}

}  // namespace

Reading read_marked(Context& c) {
  co_await Space(c.in);
  const Thinking* const thinking = co_await OpenThinking(c);
  if (thinking) {
    co_await Space(c.in);
    co_await Take(c.in, thinking->open);  // some models repeat what the template has opened
    const auto closed = co_await Find(c.in, {&thinking->close, 1}, c.out.reasoning);
    c.out.incomplete |= !closed.has_value();
    co_await Space(c.in);
  }
  if (c.format.unmarked && !c.in.rest().empty()) co_await Attempt(c.in, c.out, c.format.unmarked(c), c.in.at());
  for (;;) {
    const auto found = co_await Find(c.in, c.format.marks, c.out.content);
    if (!found) co_return;
    if (*found >= c.format.marks.size() - c.format.ignored) continue;
    const std::string_view mark = c.format.marks[*found];
    co_await Attempt(c.in, c.out, c.format.block(c, mark), c.in.at() - mark.size());
  }
}

Reading read_json_block(Context& c, std::string_view) {
  co_await Space(c.in);
  auto calls = calls_of(co_await JsonValue(c.in, c.format.end));
  co_await Check(calls.has_value());
  c.add(*std::move(calls));
  co_await Close(c.in, c.format.end);
}

std::string_view opened_thinking(const Format& format, std::string_view prefix) {
  for (const Thinking& thinking : format.thinking) {
    const std::size_t open = prefix.rfind(thinking.open);
    if (open == prefix.npos || prefix.find(thinking.close, open) != prefix.npos) continue;
    if (!has_turn(prefix.substr(open + thinking.open.size()))) return prefix.substr(open);
  }
  return {};
}

}  // namespace ondol::replies
