#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/export.hpp"

namespace ondol {

/// A tool that the model wants to be called.
struct ToolCall {
  std::string name;
  std::string arguments;  ///< a JSON object, compact
  std::string id;         ///< as the model wrote it; empty where the format has none
  bool operator==(const ToolCall&) const = default;
};

/// A reply taken apart. All texts are valid UTF-8: what is not becomes U+FFFD.
struct ParsedReply {
  std::string content;                   ///< without white space and end-of-turn tokens at its ends
  std::optional<std::string> reasoning;  ///< likewise; nothing where there is none
  std::vector<ToolCall> tool_calls;      ///< in their order
  /// The text ended inside of its reasoning, of a call, which then stands in the content as it is, or of a JSON object
  /// that is the content.
  bool incomplete = false;
  bool operator==(const ParsedReply&) const = default;
};

/// What one more piece of text adds to a reply; any of it may be empty.
struct ReplyDelta {
  std::string content;
  std::string reasoning;
  std::vector<ToolCall> tool_calls;
};

struct ReplyOptions {
  /// What the template put in front of the reply ("<think>\n"): a thinking that was opened there goes on in the reply.
  /// A whole rendered prompt will do.
  std::string prefix;
  /// JSON array of tool definitions in the OpenAI form or of their functions alone; empty for none. Tells which
  /// arguments are text, and which names make a call of a reply without marks (llama3-json, pythonic).
  std::string tools;
};

/// Takes a reply apart while it is generated. What could still become a mark, a call or white space at the end is held
/// back; what was given is never taken back. The joined deltas are the reply() at the end, which does not depend on how
/// the text was cut, even inside of characters. Text that is no well-formed call stays in the content; no text is an
/// error. Linear in the text's length. One thread at a time.
class ONDOL_API ReplyParser {
 public:
  /// @param format one of reply_formats().
  /// @throws Error invalid_argument: an unknown format; tools that are no JSON array of objects with a name.
  explicit ReplyParser(std::string_view format, const ReplyOptions& options = {});

  /// @throws Error invalid_argument: after finish().
  ReplyDelta add(std::string_view text);
  /// The text has ended: gives what was held back. Nothing more if called again.
  ReplyDelta finish();
  /// What there is so far; complete after finish().
  [[nodiscard]] ParsedReply reply() const;

  ReplyParser(ReplyParser&&) noexcept;
  ReplyParser& operator=(ReplyParser&&) noexcept;
  ~ReplyParser();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A whole reply. @throws Error as ReplyParser's constructor.
[[nodiscard]] ONDOL_API ParsedReply parse_reply(std::string_view text, std::string_view format,
                                                const ReplyOptions& options = {});

/// Names of the formats: "hermes" (Hermes, Qwen 2.5 and 3), "llama3-json", "pythonic" (Llama 3.2 and 4), "mistral",
/// "qwen-xml" (Qwen 3 Coder), "harmony" (gpt-oss), "deepseek", "glm", "command-r", "granite", "kimi-k2", "react"
/// (Thought, Action, Action Input, Observation, Final Answer: thoughts are reasoning, an action is a call whose input
/// is the argument "input" if it is no JSON object itself, the final answer is content).
[[nodiscard]] ONDOL_API std::vector<std::string> reply_formats();

}  // namespace ondol
