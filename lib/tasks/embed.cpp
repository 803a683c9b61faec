#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "ondol/tasks.hpp"
#include "tasks/encoded.hpp"

namespace ondol {
namespace {

std::string prompt_of(const Model& model, const EmbedOptions& options) {
  if (options.prompt) return *options.prompt;
  const std::string name = options.prompt_name.empty() ? model.default_embedding_prompt() : options.prompt_name;
  if (name.empty()) return "";
  std::string known;
  for (const auto& [its_name, text] : model.embedding_prompts()) {
    if (its_name == name) return text;
    known += (known.empty() ? "" : ", ") + its_name;
  }
  fail(Status::invalid_argument,
       fmt::format("embed: the model has no prompt '{}', it has: {}", name, known.empty() ? "none" : known));
}

/// A text's encoding of at most `most` tokens: what stands in the middle is cut off at its end.
Encoding cut(const Model& model, const std::string& text, std::size_t most) {
  Encoding encoding = model.tokenizer().encode_with_offsets(text, {}, {.fit_length = false});
  if (encoding.ids.size() <= most) return encoding;
  std::size_t behind = 0;  // tokens that the file asks for at the end
  while (behind < encoding.ids.size() && encoding.special_mask[encoding.ids.size() - 1 - behind] != 0) ++behind;
  const std::size_t kept = most - std::min(behind, most);
  const auto drop = [&](auto& list) {
    if (list.size() < encoding.ids.size()) return;
    list.erase(list.begin() + std::ptrdiff_t(kept), list.end() - std::ptrdiff_t(behind));
  };
  drop(encoding.offsets);
  drop(encoding.type_ids);
  drop(encoding.special_mask);
  drop(encoding.attention_mask);
  encoding.ids.erase(encoding.ids.begin() + std::ptrdiff_t(kept), encoding.ids.end() - std::ptrdiff_t(behind));
  return encoding;
}

}  // namespace

Tensor embed(const Model& model, std::span<const std::string> texts, const EmbedOptions& options) {
  Tensor out{texts.size(), model.embedding_size(), {}};
  const std::string prompt = prompt_of(model, options);
  const std::size_t most = model.embedding_context();
  Encoded encoded(model);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Encoding encoding = options.truncate
                            ? cut(model, prompt + texts[i], most)
                            : model.tokenizer().encode_with_offsets(prompt + texts[i], {}, {.fit_length = false});
    if (encoding.ids.size() > most) {
      fail(Status::context_full, fmt::format("text {} has {} tokens, the model embeds {}; it can be cut by truncate", i,
                                             encoding.ids.size(), most));
    }
    encoded.add(std::move(encoding));
  }
  for (const Tensor& vector : encoded.read(Output::embedding, options.cancel, options.progress.get())) {
    out.values.insert(out.values.end(), vector.values.begin(), vector.values.end());
  }
  return out;
}

}  // namespace ondol
