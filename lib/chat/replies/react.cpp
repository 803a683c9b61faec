#include "chat/replies/calls.hpp"
#include "chat/replies/formats.hpp"
#include "chat/replies/json_extent.hpp"
#include "chat/replies/match.hpp"
#include "chat/replies/steps.hpp"

// Thought: ...
// Action: f
// Action Input: ...
// Observation: (of the host)
// Final Answer: ...
// S. Yao et al., ReAct: Synergizing Reasoning and Acting in Language Models, 2023.
namespace ondol::replies {
namespace {

enum Label : std::size_t { thought, action, action_input, observation, final_answer };
constexpr std::string_view labels[] = {
    "\nThought:", "\nAction:", "\nAction Input:", "\nObservation:", "\nFinal Answer:"};
/// The same where the text begins.
constexpr std::string_view first_labels[] = {"Thought:", "Action:", "Action Input:", "Observation:", "Final Answer:"};

std::string arguments_of(const std::string& input) {
  const auto json = json_of(input);
  return (json && json->is_object() ? *json : Json::object({{"input", input}})).dump();
}

std::string trimmed(std::string_view line) {
  line.remove_prefix(white_length(line));
  return std::string(line.substr(0, line.find_last_not_of(white) + 1));
}

/// An action behind its label; sets `next` to the label that ends its input.
Reading read_action(Context& c, std::optional<std::size_t>& next) {
  std::string name = trimmed(co_await TextUntil(c.in, "\n"));
  co_await Check(!name.empty());
  co_await Space(c.in);
  TrimmedText input;
  const bool has_input = co_await Take(c.in, first_labels[action_input]);
  if (has_input) {
    next = co_await Find(c.in, labels, input);
    input.finish();
  } else {
    next = co_await TakeAny(c.in, first_labels);
  }
  c.add(ToolCall{std::move(name), has_input ? arguments_of(input.text()) : "{}", {}});
}

Reading read_steps(Context& c) {
  co_await Space(c.in);
  auto label = co_await TakeAny(c.in, first_labels);
  if (!label) {  // what comes before a label is a thought; without any label it is the answer
    Collected text;
    label = co_await Find(c.in, labels, text);
    if (label) {
      c.out.reasoning.add(text.text);
    } else {
      c.out.content.add(text.text);
    }
  }
  Dropped dropped;
  while (label) {
    TextSink* sink = &c.out.content;
    if (*label == action) {
      const std::size_t from = c.in.at() - first_labels[action].size();
      label.reset();
      co_await Attempt(c.in, c.out, read_action(c, label), from);
      if (label) continue;
    } else if (*label == thought) {
      sink = &c.out.reasoning;
      co_await Space(c.in);
      sink->add("\n");
    } else if (*label == observation) {
      sink = &dropped;
    } else if (*label == action_input) {
      sink->add(labels[action_input]);
    }
    const bool answer = label && *label == final_answer;
    label = co_await Find(c.in, std::span(labels).first(answer ? 0 : std::size(labels)), *sink);
  }
}

/// The last line, if it begins with a label.
std::string_view begun_step(const Format&, std::string_view prefix) {
  const std::string_view line = prefix.substr(prefix.rfind('\n') + 1);
  for (const std::string_view label : first_labels) {
    if (line.starts_with(label)) return line;
  }
  return {};
}

}  // namespace

constinit const Format react{.name = "react", .reply = read_steps, .prefix = begun_step};

}  // namespace ondol::replies
