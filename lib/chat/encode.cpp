#include "ondol/chat_template.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol {

std::vector<Token> encode_prompt(const Tokenizer& tokenizer, const RenderedPrompt& prompt) {
  std::vector<Token> ids =
      tokenizer.encode(prompt.text,
                       {.add_special = false, .parse_special = true, .plain = prompt.content, .fit_length = false});
  const auto bos = tokenizer.bos();
  if (tokenizer.adds_bos() && bos && (ids.empty() || ids.front() != *bos)) ids.insert(ids.begin(), *bos);
  return ids;
}

std::vector<Token> ChatTemplate::encode(const Tokenizer& tokenizer, std::string_view messages,
                                        RenderOptions options) const {
  const auto preset = [&](std::string& text, std::optional<Token> token) {
    if (text.empty() && token) text = tokenizer.token_text(*token);
  };
  preset(options.bos_token, tokenizer.bos());
  preset(options.eos_token, tokenizer.eos());
  return encode_prompt(tokenizer, render(messages, options));
}

}  // namespace ondol
