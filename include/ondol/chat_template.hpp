#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/export.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol {

struct RenderOptions {
  /// JSON array of tool definitions in the OpenAI form, or empty for none.
  std::string tools;
  /// JSON array of documents, or empty for none.
  std::string documents;
  /// End with the header of an assistant's turn.
  bool add_generation_prompt = true;
  /// Empty: the template sees no such variable. Text of the template, not content.
  std::string bos_token;
  std::string eos_token;
  /// JSON object of further variables ({"enable_thinking": false}), or empty. "bos_token" and "eos_token" in it count
  /// before the two above; "messages", "tools", "documents" and "add_generation_prompt" are refused.
  std::string variables;
  /// The local time that `strftime_now` sees, as calendar seconds since 1970-01-01 00:00:00; nothing = the clock's.
  std::optional<std::chrono::sys_seconds> now;
  /// Most evaluation steps (work on data counts too, so that they bound time and memory), nested calls, and bytes of
  /// output and of any text on the way.
  std::uint64_t max_steps = 10'000'000;
  std::uint32_t max_depth = 200;
  std::uint64_t max_output = 64u << 20;
};

/// A rendered prompt and where in it stands what the template did not write.
struct RenderedPrompt {
  std::string text;
  /// Byte ranges that came from messages, tools, documents or variables: ascending, disjoint. In these no
  /// control token may be read (EncodeOptions::plain).
  std::vector<TextRange> content;
};

/// A chat template: the Jinja language as model files use it, run in an interpreter that reaches nothing but its
/// inputs. Immutable; a cheap handle; any thread may use it.
class ONDOL_API ChatTemplate {
 public:
  /// @throws Error template_error: the source does not parse; offset() is the byte.
  explicit ChatTemplate(std::string_view source);

  /// @param messages JSON array of messages in the OpenAI form: {"role": "user", "content": "..."}.
  /// @throws Error invalid_argument: a JSON argument is malformed; template_error: the template failed, raised (then
  ///         what() holds its message) or went over a limit.
  [[nodiscard]] RenderedPrompt render(std::string_view messages, const RenderOptions& options = {}) const;

  [[nodiscard]] std::string_view source() const noexcept;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace ondol
