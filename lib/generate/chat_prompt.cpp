#include "generate/chat_prompt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"

namespace ondol {
namespace {

bool has_role(const Json& message, std::string_view role) {
  const Json* value = message.find("role");
  return value && value->as_string() && *value->as_string() == role;
}

/// Where the turns begin: each user message but those right behind another one.
std::vector<std::size_t> turns_of(std::span<const Json> messages, std::size_t begin) {
  std::vector<std::size_t> turns;
  for (std::size_t i = begin; i < messages.size(); ++i) {
    if (has_role(messages[i], "user") && (i == begin || !has_role(messages[i - 1], "user"))) turns.push_back(i);
  }
  return turns;
}

}  // namespace

ChatPrompt chat_prompt(const Model& model, const ChatTemplate& chat_template, std::span<const Json> messages,
                       const ChatOptions& options) {
  const auto encode = [&](std::vector<Json> chosen) {
    return chat_template.encode(model.tokenizer(), Json(std::move(chosen)).dump(), options.render);
  };

  const std::size_t context = model.context();
  const bool drop = options.when_full == WhenFull::drop_oldest;
  std::size_t reserve = std::max<std::size_t>(options.reserve, 1);
  if (options.reserve == 0 && drop) {
    const std::size_t most = options.generate.max_tokens ? options.generate.max_tokens : context;
    reserve = std::clamp<std::size_t>(context / 4, 1, most);
  }
  if (reserve >= context) {
    fail(Status::invalid_argument,
         fmt::format("reserve is {}, expected less than the context of {}", reserve, context));
  }
  const auto fits = [&](const std::vector<Token>& ids) { return ids.size() <= context - reserve; };

  ChatPrompt prompt{.ids = encode({messages.begin(), messages.end()})};
  if (fits(prompt.ids)) return prompt;
  const std::size_t all = prompt.ids.size();
  if (drop) {
    std::size_t head = 0;  // what is never left out
    while (head < messages.size() && (has_role(messages[head], "system") || has_role(messages[head], "developer"))) {
      ++head;
    }
    // The fewest turns whose absence makes it fit, by bisection; the last turn stays.
    const std::vector<std::size_t> turns = turns_of(messages, head);
    const auto without = [&](std::size_t dropped_turns) {
      std::vector<Json> kept(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(head));
      kept.insert(kept.end(), messages.begin() + static_cast<std::ptrdiff_t>(turns[dropped_turns]), messages.end());
      return encode(std::move(kept));
    };
    std::size_t few = 0;
    std::size_t many = turns.empty() ? 0 : turns.size() - 1;
    while (few < many) {
      const std::size_t middle = few + (many - few) / 2;
      if (fits(without(middle))) {
        many = middle;
      } else {
        few = middle + 1;
      }
    }
    if (!turns.empty()) prompt.ids = without(many);
    prompt.dropped = all - std::min(all, prompt.ids.size());
    if (fits(prompt.ids)) return prompt;
  }
  fail(Status::context_full,
       fmt::format("the chat has {} tokens{}, the context {} positions of which {} are kept free for the reply", all,
                   prompt.dropped ? fmt::format(" ({} without the turns that may be left out)", prompt.ids.size()) : "",
                   context, reserve));
}

}  // namespace ondol
