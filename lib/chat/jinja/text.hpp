#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/jinja/limits.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol::jinja {

/// A string of a template: valid UTF-8, which of its bytes are content (they came from the inputs, not from the
/// template), and whether it is markup (escaped HTML, Python's Markup). Immutable, cheap to copy.
class Text {
 public:
  enum class Origin { source, content };

  Text();
  explicit Text(std::string bytes, Origin origin = Origin::source);
  Text(std::string bytes, std::vector<TextRange> content, bool markup);
  /// @param length  number of characters
  Text(std::string bytes, std::vector<TextRange> content, bool markup, std::size_t length);

  [[nodiscard]] std::string_view view() const noexcept { return data_->bytes; }
  [[nodiscard]] const std::string& bytes() const noexcept { return data_->bytes; }
  [[nodiscard]] std::span<const TextRange> content() const noexcept {
    return data_->whole.end > 0 ? std::span(&data_->whole, 1) : std::span<const TextRange>(data_->ranges);
  }
  [[nodiscard]] bool markup() const noexcept { return data_->markup; }
  [[nodiscard]] bool empty() const noexcept { return data_->bytes.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return data_->bytes.size(); }
  /// Number of characters (code points).
  [[nodiscard]] std::size_t length() const noexcept { return data_->length; }
  [[nodiscard]] bool ascii() const noexcept { return data_->length == data_->bytes.size(); }

  /// Byte at which character `index` (0 .. length()) starts.
  [[nodiscard]] std::size_t byte_of(std::size_t index) const noexcept;
  /// Number of characters in front of byte `byte`.
  [[nodiscard]] std::size_t index_of(std::size_t byte) const noexcept;
  /// Bytes [begin, end), which start and end at characters.
  [[nodiscard]] Text slice(std::size_t begin, std::size_t end) const;
  [[nodiscard]] Text as_markup(bool markup) const;
  [[nodiscard]] bool has_content() const noexcept { return !content().empty(); }
  [[nodiscard]] bool is_content(std::size_t byte) const noexcept;

  bool operator==(const Text& other) const noexcept { return view() == other.view(); }

 private:
  struct Data {
    std::string bytes;
    std::vector<TextRange> ranges;  // of content, where it is neither all nor nothing
    TextRange whole;                // of content, where it is all
    std::size_t length = 0;
    bool markup = false;
  };
  /// Bytes that are all content, or none of them.
  static Text uniform(std::string bytes, bool content, bool markup);
  std::shared_ptr<const Data> data_;
};

/// Builds a text piece by piece, with its marks, within the limits.
class TextBuilder {
 public:
  explicit TextBuilder(Limits& limits) : limits_(limits) {}

  void append(const Text& text) { append(text, 0, text.size()); }
  void append(const Text& text, std::size_t begin, std::size_t end);
  void append(std::string_view bytes, Text::Origin origin = Text::Origin::source);
  void append(char32_t code, Text::Origin origin);
  void repeat(std::string_view bytes, std::size_t times);
  /// Room for so many bytes in all.
  void reserve(std::size_t size);
  /// Everything from byte `begin` on is content.
  void mark_from(std::size_t begin);

  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] bool has_content() const noexcept { return !content_.empty(); }
  /// Whether anything from byte `begin` on is content.
  [[nodiscard]] bool has_content_from(std::size_t begin) const noexcept {
    return !content_.empty() && content_.back().end > begin;
  }
  [[nodiscard]] std::string_view view() const noexcept { return bytes_; }
  [[nodiscard]] Limits& limits() const noexcept { return limits_; }

  /// One level of what is written in levels, for as long as it lives: namespaces nest without end.
  class Level {
   public:
    explicit Level(TextBuilder& builder);
    ~Level() { --builder_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    TextBuilder& builder_;
  };

  /// The text; the builder is empty afterwards.
  [[nodiscard]] Text finish(bool markup = false);
  /// Bytes and marks; the builder is empty afterwards.
  [[nodiscard]] std::pair<std::string, std::vector<TextRange>> release();

 private:
  void mark(std::size_t begin, std::size_t end);

  Limits& limits_;
  std::string bytes_;
  std::vector<TextRange> content_;
  std::size_t length_ = 0;
  int levels_ = 0;
};

}  // namespace ondol::jinja
