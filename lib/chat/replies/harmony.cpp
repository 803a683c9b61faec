#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/steps.hpp"

// <|channel|>analysis<|message|>...<|end|>
// <|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": 1}<|call|>
// <|start|>assistant<|channel|>final<|message|>...<|return|>
namespace ondol::replies {
namespace {

enum Mark : std::size_t { start, channel, message, end, call, done };
constexpr std::string_view marks[] = {"<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>"};

/// The word behind `label` in a header.
std::string_view word_behind(std::string_view header, std::string_view label) {
  const std::size_t found = header.rfind(label);
  if (found == header.npos) return {};
  header.remove_prefix(found + label.size());
  return header.substr(0, header.find_first_of(" \t\r\n<"));
}

std::string tool_of(std::string_view recipient) {
  constexpr std::string_view space = "functions.";
  return std::string(recipient.starts_with(space) ? recipient.substr(space.size()) : recipient);
}

Reading read_call(Context& c, std::string name) {
  co_await Space(c.in);
  const bool empty = co_await Peek(c.in, marks[call]);
  Json arguments;
  if (!empty) arguments = co_await JsonValue(c.in, marks[call]);
  auto made = make_call(std::move(name), &arguments);
  co_await Check(made.has_value());
  c.add(*std::move(made));
}

Reading read_messages(Context& c) {
  Collected header;
  TextSink* sink = &c.out.content;
  for (;;) {
    const auto mark = co_await Find(c.in, marks, *sink);
    if (!mark) break;
    if (*mark == start || *mark == channel) {
      if (*mark == start) header.text.clear();
      if (*mark == channel) header.text += marks[channel];
      sink = &header;
      continue;
    }
    sink = &c.out.content;
    if (*mark == message) {
      const std::string read = std::exchange(header.text, {});
      const std::string_view recipient = word_behind(read, "to=");
      const bool analysis = word_behind(read, marks[channel]) == "analysis";
      if (recipient.starts_with("functions.") || (!recipient.empty() && !analysis)) {
        co_await Attempt(c.in, c.out, read_call(c, tool_of(recipient)), c.in.at());
      } else {
        if (analysis) sink = &c.out.reasoning;
        sink->add("\n");  // between messages
      }
    }
  }
  c.out.incomplete |= sink != &c.out.content;
}

/// The last message's beginning.
std::string_view begun_message(const Format&, std::string_view prefix) {
  const std::size_t begin = prefix.rfind(marks[start]);
  return begin == prefix.npos ? std::string_view() : prefix.substr(begin);
}

}  // namespace

constinit const Format harmony{.name = "harmony", .reply = read_messages, .prefix = begun_message};

}  // namespace ondol::replies
