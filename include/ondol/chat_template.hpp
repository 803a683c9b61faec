#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  /// Arguments of a tool call that are a text with a JSON object in it become that object: OpenAI's servers give texts,
  /// templates expect objects. Off, as in transformers: the template sees what the message has.
  bool parse_arguments = false;
  /// Read control tokens inside of messages, tools, documents and variables as such: nothing counts as content. For
  /// texts that the caller wrote, not for what users did.
  bool parse_content = false;
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

/// Ids of a rendered prompt: control tokens that the template wrote are read as such, those in content are plain text;
/// the start token stands in front exactly once if the tokenizer's file asks for it.
[[nodiscard]] ONDOL_API std::vector<Token> encode_prompt(const Tokenizer& tokenizer, const RenderedPrompt& prompt);

/// A chat template: the Jinja language as model files use it, run in an interpreter that reaches nothing but its
/// inputs. Immutable; a cheap handle; any thread may use it.
class ONDOL_API ChatTemplate {
 public:
  /// @throws Error template_error: the source does not parse; offset() is the byte.
  explicit ChatTemplate(std::string_view source);

  /// A plain format, for models whose file has no template: "alpaca", "chatml", "korean-dialogue", "vicuna". Which one
  /// a model was trained with is the caller's knowledge; nothing is guessed.
  /// @throws Error invalid_argument: no such format; the message lists them.
  [[nodiscard]] static ChatTemplate named(std::string_view name);
  /// The names that named() knows.
  [[nodiscard]] static std::vector<std::string> names();

  /// @param messages JSON array of messages in the OpenAI form: {"role": "user", "content": "..."}. The content may be
  ///        an array of parts ({"type": "text", "text": "..."}), "tool_calls", "reasoning_content" (or "reasoning",
  ///        "thinking") and further keys go to the template. They are checked where the template reads roles at all.
  /// @throws Error invalid_argument: a JSON argument is malformed, a message lacks its role or has a value of the wrong
  ///         type (by index and key); template_error: the template failed, raised (then what() holds its message) or
  ///         went over a limit.
  [[nodiscard]] RenderedPrompt render(std::string_view messages, const RenderOptions& options = {}) const;

  /// render(), then encode_prompt(). The template's bos_token and eos_token are the tokenizer's where the options name
  /// none.
  /// @throws Error as render().
  [[nodiscard]] std::vector<Token> encode(const Tokenizer& tokenizer, std::string_view messages,
                                          RenderOptions options = {}) const;

  [[nodiscard]] std::string_view source() const noexcept;
  /// Texts that end a reply in a plain format, for GenerateOptions::stop (a Chat adds them itself): the model may go on
  /// and write the user's next turn too. None for other templates.
  [[nodiscard]] const std::vector<std::string>& stop() const noexcept;

 private:
  struct Impl;
  explicit ChatTemplate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace ondol
