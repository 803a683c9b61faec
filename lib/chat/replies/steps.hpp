#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "chat/replies/json_extent.hpp"
#include "chat/replies/output.hpp"
#include "chat/replies/reading.hpp"
#include "chat/replies/source.hpp"

namespace ondol::replies {

/// The steps of which formats are made (reading.hpp). Where the text has ended inside of a step that asks for more, the
/// step stays at Progress::more.
///
/// What a step decides never depends on how the text was cut: it waits until the text that is there leaves no choice.

/// White space, if there is any.
class Space {
 public:
  explicit Space(Source& in) : in_(in) {}
  Progress poll();
  void take() {}

 private:
  Source& in_;
};

/// Whether `mark` stands here; reads past it.
class Take {
 public:
  Take(Source& in, std::string_view mark) : in_(in), mark_(mark) {}
  Progress poll();
  [[nodiscard]] bool take() const noexcept { return found_; }

 protected:
  Progress look(bool read_past);

 private:
  Source& in_;
  std::string_view mark_;
  bool found_ = false;
};

/// Whether `mark` stands here; does not read past it.
class Peek : private Take {
 public:
  using Take::Take;
  Progress poll() { return look(false); }
  using Take::take;
};

/// Which of `marks` stands here, if any; reads past it.
class TakeAny {
 public:
  TakeAny(Source& in, std::span<const std::string_view> marks) : in_(in), marks_(marks) {}
  Progress poll();
  [[nodiscard]] std::optional<std::size_t> take() const noexcept { return found_; }

 private:
  Source& in_;
  std::span<const std::string_view> marks_;
  std::optional<std::size_t> found_;
};

/// `mark` must stand here.
class Require {
 public:
  Require(Source& in, std::string_view mark) : in_(in), mark_(mark) {}
  Progress poll();
  void take() {}

 private:
  Source& in_;
  std::string_view mark_;
};

/// The mark at the end of a block must stand here; at the end of the text its first two bytes will do.
class RequireEnd {
 public:
  RequireEnd(Source& in, std::string_view mark) : in_(in), mark_(mark) {}
  Progress poll();
  void take() {}

 private:
  Source& in_;
  std::string_view mark_;
};

/// White space and the mark at the end of a block, if it is there; cut off by the end of the text, it is there too.
class Close {
 public:
  Close(Source& in, std::string_view mark) : in_(in), mark_(mark) {}
  Progress poll();
  [[nodiscard]] bool take() const noexcept { return found_; }

 private:
  Source& in_;
  std::string_view mark_;
  std::size_t white_ = 0;
  bool found_ = false;
};

/// Nothing but white space and end-of-turn tokens must come.
class OnlyEnd {
 public:
  explicit OnlyEnd(Source& in) : in_(in) {}
  Progress poll();
  void take() {}

 private:
  Source& in_;
};

/// A tool's name: 1 to 256 bytes without white space, brackets, quotes and the like.
class Name {
 public:
  explicit Name(Source& in) : in_(in) {}
  Progress poll();
  [[nodiscard]] std::string take() { return std::move(name_); }

 private:
  Source& in_;
  std::string name_;
};

/// Any text up to `mark`; reads past it.
class TextUntil {
 public:
  TextUntil(Source& in, std::string_view mark) : in_(in), mark_(mark) {}
  Progress poll();
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  Source& in_;
  std::string_view mark_;
  std::size_t searched_ = 0;
  std::string text_;
};

/// A JSON value. Where the block's `end` or an end-of-turn token stands inside of it, it has broken off.
class JsonValue {
 public:
  explicit JsonValue(Source& in, std::string_view end = {}) : in_(in), end_(end) {}
  Progress poll();
  [[nodiscard]] Json take() { return std::move(json_); }

 private:
  Source& in_;
  std::string_view end_;
  JsonExtent extent_;
  std::size_t read_ = 0;
  Json json_;
};

/// Something must hold.
class Check {
 public:
  explicit Check(bool holds) : holds_(holds) {}
  [[nodiscard]] Progress poll() const noexcept { return holds_ ? Progress::done : Progress::broken; }
  void take() {}

 private:
  bool holds_;
};

/// Gives the text before the first of `marks` to `sink` as it arrives. Reads past the mark and tells which it is;
/// nothing at the end of the text.
class Find {
 public:
  Find(Source& in, std::span<const std::string_view> marks, TextSink& sink);
  Progress poll();
  [[nodiscard]] std::optional<std::size_t> take() const noexcept { return found_; }

 private:
  /// Whether a mark begins `text`, or could.
  [[nodiscard]] bool at_mark(std::string_view text);

  Source& in_;
  std::span<const std::string_view> marks_;
  TextSink& sink_;
  std::string firsts_;
  std::optional<std::size_t> found_;
};

/// A reading that may fail: then its text from `from` on goes to the content as it is, up to where other calls may
/// stand. Tells whether it succeeded.
class Attempt {
 public:
  /// @param from where the text of the call starts: here, or at the mark just read.
  Attempt(Source& in, Output& out, Reading reading, std::size_t from)
      : in_(in), out_(out), reading_(std::move(reading)), from_(from) {}
  Progress poll();
  [[nodiscard]] bool take() const noexcept { return succeeded_; }

 private:
  Source& in_;
  Output& out_;
  Reading reading_;
  std::size_t from_;
  bool begun_ = false;
  bool succeeded_ = false;
};

}  // namespace ondol::replies
