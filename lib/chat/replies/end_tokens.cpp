#include "chat/replies/end_tokens.hpp"

namespace ondol::replies {
namespace {

constexpr std::string_view tokens[] = {
    "<|im_end|>",             // ChatML: Qwen, Hermes, Kimi
    "<|endoftext|>",          // Qwen, GLM, Phi
    "<|eot_id|>",             // Llama 3
    "<|eom_id|>",             // Llama 3, behind a call
    "<|end_of_text|>",        // Llama 3, Granite
    "<|eot|>",                // Llama 4
    "<|eom|>",                // Llama 4
    "</s>",                   // Llama 2, Mistral
    "[EOS]",                  // Kimi
    "<｜end▁of▁sentence｜>",  // DeepSeek
    "<|END_OF_TURN_TOKEN|>",  // Command R
    "<end_of_turn>",          // Gemma
    "<|user|>",               // GLM
    "<|observation|>",        // GLM, behind a call
    "<|return|>",             // harmony
    "<|call|>",               // harmony
    "<|end|>",                // harmony, Phi
};
constexpr std::string_view seconds = "|/eE\xEF";  // what their second bytes are

}  // namespace

EndToken end_token(std::string_view text) noexcept {
  if (text.size() > 1 && seconds.find(text[1]) == seconds.npos) return {};
  bool partial = false;
  for (const std::string_view token : tokens) {
    switch (match(text, token)) {
      case Match::yes: return {Match::yes, token.size()};
      case Match::partial: partial = true; break;
      case Match::no: break;
    }
  }
  return {partial ? Match::partial : Match::no, 0};
}

}  // namespace ondol::replies
