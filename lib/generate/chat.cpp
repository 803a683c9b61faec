#include "generate/chat.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "chat/message_form.hpp"
#include "generate/chat_prompt.hpp"
#include "generate/generation.hpp"
#include "generate/prompt.hpp"

namespace ondol {
namespace {

bool is_user(const Json& message) { return *message.at("role").as_string() == "user"; }

}  // namespace

void Chat::Impl::require_idle(const char* call) const {
  if (replying) fail(Status::busy, fmt::format("{}: a reply of this chat is still running", call));
}

Chat::Chat(Model model) : Chat(model, model.chat_template()) {}

Chat::Chat(Model model, ChatTemplate chat_template) {
  static_cast<void>(model.tokenizer());
  impl_ = std::make_shared<Impl>(std::move(model), std::move(chat_template));
}
Chat::Chat(Chat&&) noexcept = default;
Chat& Chat::operator=(Chat&&) noexcept = default;
Chat::~Chat() = default;

void Chat::add(std::string_view message) {
  impl_->require_idle("add");
  Json made = Json::parse(message, "message");
  check_message(made, impl_->messages.size());
  impl_->messages.push_back(std::move(made));
}

void Chat::add(std::string_view role, std::string_view content) {
  impl_->require_idle("add");
  if (!utf8_valid(content)) fail(Status::invalid_argument, "message: the content is not UTF-8");
  impl_->messages.push_back(Json::object({{"role", Json(role)}, {"content", Json(content)}}));
}

void Chat::clear() {
  impl_->require_idle("clear");
  impl_->messages.clear();
  impl_->tokens.clear();
  impl_->cache.clear();
}

void Chat::undo() {
  impl_->require_idle("undo");
  auto& messages = impl_->messages;
  const auto last = std::find_if(messages.rbegin(), messages.rend(), is_user);
  if (last != messages.rend()) messages.erase(last.base() - 1, messages.end());
}

std::string Chat::messages() const { return Json(impl_->messages).dump(); }

const KVCache& Chat::cache() const noexcept { return impl_->cache; }

Generation Chat::reply(const ChatOptions& options) {
  const auto start = Timer::Clock::now();
  Impl& chat = *impl_;
  chat.require_idle("reply");
  GenerateOptions settings = options.generate;
  const std::vector<std::string>& stop = chat.chat_template.stop();
  settings.stop.insert(settings.stop.end(), stop.begin(), stop.end());
  check_options(chat.model, settings);
  ChatPrompt prompt = chat_prompt(chat.model, chat.chat_template, chat.messages, options);
  check_room(prompt.ids.size(), 0, chat.model.context());

  // What the cache has of this prompt stays; the last token is computed in any case, for its logits.
  const auto [mine, its] = std::mismatch(chat.tokens.begin(), chat.tokens.end(), prompt.ids.begin(), prompt.ids.end());
  const std::size_t common =
      chat.cache.reachable(std::min(static_cast<std::size_t>(mine - chat.tokens.begin()), prompt.ids.size() - 1));
  chat.tokens.resize(common);
  chat.cache.truncate(common);

  auto impl = std::make_unique<Generation::Impl>(chat.model, std::shared_ptr<KVCache>(impl_, &chat.cache), 0,
                                                 std::move(prompt.ids), settings, start);
  impl->reply.result().timings.dropped_tokens = prompt.dropped;
  impl->of_chat = true;
  chat.replying = true;
  impl->on_end = [state = impl_](const Generation::Impl& generation) {
    state->replying = false;
    const std::vector<Token>& tokens = generation.reply.tokens();
    state->tokens.assign(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(state->cache.length()));
    const Result& result = generation.reply.result();
    if (result.ids.empty()) return;
    state->messages.push_back(Json::object({{"role", Json("assistant")}, {"content", Json(result.text)}}));
  };
  return Generation(std::move(impl));
}

Result Chat::send(std::string_view text, const ChatOptions& options) {
  add("user", text);
  return reply(options).finish();
}

}  // namespace ondol
