#pragma once

#include <vector>

#include "base/json.hpp"
#include "ondol/generate.hpp"

namespace ondol {

struct Chat::Impl {
  Impl(Model its_model, ChatTemplate its_template)
      : model(std::move(its_model)), chat_template(std::move(its_template)), cache(model.new_cache()) {}

  /// @throws Error busy: a reply is running.
  void require_idle(const char* call) const;

  Model model;
  ChatTemplate chat_template;
  std::vector<Json> messages;
  KVCache cache;
  std::vector<Token> tokens;  ///< what stands in the cache
  bool replying = false;
};

}  // namespace ondol
