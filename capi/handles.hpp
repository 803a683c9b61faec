#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "guard.hpp"
#include "ondol/chat_template.hpp"
#include "ondol/generate.hpp"
#include "ondol/kv_cache.hpp"
#include "ondol/model.hpp"
#include "ondol/reply_parser.hpp"
#include "ondol/runtime.hpp"
#include "ondol/tensor.hpp"
#include "ondol/tokenizer.hpp"

/// A handle around one C++ value.
#define ONDOL_HANDLE(handle, Type)                               \
  struct handle final : ondol::capi::Object {                    \
    explicit handle(Type content) : value(std::move(content)) {} \
    Type value;                                                  \
  }

ONDOL_HANDLE(ondol_string, std::string);
ONDOL_HANDLE(ondol_tokens, std::vector<ondol::Token>);
ONDOL_HANDLE(ondol_tensor, ondol::Tensor);
ONDOL_HANDLE(ondol_model, ondol::Model);
ONDOL_HANDLE(ondol_tokenizer, ondol::Tokenizer);
ONDOL_HANDLE(ondol_template, ondol::ChatTemplate);
ONDOL_HANDLE(ondol_cache, ondol::KVCache);
ONDOL_HANDLE(ondol_prompt, ondol::Prompt);
ONDOL_HANDLE(ondol_score, ondol::Score);
ONDOL_HANDLE(ondol_reply_parser, ondol::ReplyParser);

struct ondol_runtime final : ondol::capi::Object {
  ondol_runtime(ondol::Runtime runtime, std::shared_ptr<const void> user)
      : callbacks(std::move(user)), value(std::move(runtime)) {}
  std::shared_ptr<const void> callbacks;  // for a runtime whose functions do not hold the user data themselves
  ondol::Runtime value;
};

struct ondol_chat final : ondol::capi::Object {
  explicit ondol_chat(const ondol::Model& content) : model(content), value(content) {}
  ondol_chat(const ondol::Model& content, const ondol::ChatTemplate& chat_template)
      : model(content), value(content, chat_template) {}
  ondol::Model model;
  ondol::Chat value;
};

struct ondol_control final : ondol::capi::Object {
  std::stop_source stop;
  std::shared_ptr<ondol::Progress> progress = std::make_shared<ondol::Progress>();
};

struct ondol_piece {
  ondol_piece() = default;
  ondol_piece(std::string text, std::vector<ondol::ChosenToken> tokens);
  std::string text;
  std::vector<ondol::ChosenToken> tokens;
  std::vector<ondol::Token> ids;
};

namespace ondol::capi {

/// The part of a control that a call needs; without a control it never stops. A new call starts its progress at 0.
struct Controlled {
  explicit Controlled(ondol_control* control) : handle(control) {
    if (!control) return;
    stop = control->stop.get_token();
    progress = control->progress;
    progress->done = 0;
    progress->total = 0;
  }
  Ref<ondol_control> handle;
  std::stop_token stop;
  std::shared_ptr<Progress> progress;
};

/// Sets `*out` to a new handle.
template <class Handle, class... Values>
void give(Handle** out, Values&&... values) {
  *out = new Handle(std::forward<Values>(values)...);
}

}  // namespace ondol::capi
