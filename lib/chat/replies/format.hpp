#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/replies/output.hpp"
#include "chat/replies/reading.hpp"
#include "chat/replies/source.hpp"
#include "chat/replies/tools.hpp"

namespace ondol::replies {

struct Format;

/// What a format's coroutines work with; outlives them.
struct Context {
  const Format& format;
  const Tools& tools;
  Source in{};
  Output out{};

  /// Calls that end here.
  void add(std::vector<ToolCall> calls) {
    for (ToolCall& call : calls) out.calls.push_back(std::move(call));
    in.commit();
  }
  void add(ToolCall call) {
    out.calls.push_back(std::move(call));
    in.commit();
  }
};

/// The marks around a reasoning.
struct Thinking {
  std::string_view open;
  std::string_view close;
};
inline constexpr Thinking think_tags[] = {{"<think>", "</think>"}};

/// Reads a reply of a reasoning, then content with blocks of calls in it, each behind a mark.
Reading read_marked(Context& c);
/// Reads a block of a JSON object or an array of them, and the format's `end` if it is there.
Reading read_json_block(Context& c, std::string_view mark);
/// An opening mark of reasoning at the end of `prefix`, and what was thought behind it.
[[nodiscard]] std::string_view opened_thinking(const Format& format, std::string_view prefix);

/// How a family of models writes replies. One is one file, one line of formats.hpp and one row of formats.cpp.
struct Format {
  std::string_view name;
  /// Reads a whole reply. Breaks at nothing.
  Reading (*reply)(Context&) = read_marked;
  /// The part of a prefix that is read in front of the reply, without a result of its own.
  std::string_view (*prefix)(const Format&, std::string_view prefix) = opened_thinking;

  // For read_marked:
  std::span<const Thinking> thinking = think_tags;
  /// Marks in the content, of which the last `ignored` are left out and the others open a block of calls.
  std::span<const std::string_view> marks{};
  std::size_t ignored = 0;
  /// The mark behind a block.
  std::string_view end{};
  /// Reads a block behind its mark, with at least one call in it.
  Reading (*block)(Context&, std::string_view mark) = read_json_block;
  /// Reads a reply that is nothing but calls without a mark; may be none.
  Reading (*unmarked)(Context&) = nullptr;
};

}  // namespace ondol::replies
