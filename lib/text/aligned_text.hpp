#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ondol::text {

/// Bytes [begin, end) of the text that the caller gave.
struct Origin {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// A view of text on its way to tokens, and where it comes from.
struct Piece {
  std::string_view text;
  const Origin* origin = nullptr;  ///< one a byte: that of its character; nullptr: offsets are not asked for
  std::size_t begin = 0;           ///< where the original of the piece begins (without origins: 0 or not)

  [[nodiscard]] Piece slice(std::size_t from, std::size_t to) const noexcept {
    const std::size_t start = origin && from < to ? origin[from].begin : begin + from;
    return {text.substr(from, to - from), origin ? origin + from : nullptr, start};
  }
};

/// Text that steps of a tokenizer change, with the origins of its bytes where they are tracked.
struct AlignedText {
  std::string text;
  std::vector<Origin> origin;  ///< as many as bytes, or none
  std::size_t begin = 0;       ///< see Piece

  explicit AlignedText(const Piece& piece);
  /// A text as given, each character its own origin.
  AlignedText(std::string_view original, bool tracked);

  [[nodiscard]] bool tracked() const noexcept { return is_tracked_; }
  [[nodiscard]] Piece piece() const noexcept { return {text, is_tracked_ ? origin.data() : nullptr, begin}; }

 private:
  friend class Rewriter;
  bool is_tracked_;
};

/// Reads a text and writes its successor. What is written instead of a character has that character's origin, what is
/// inserted has the origin of the character read last (Hugging Face's NormalizedString).
class Rewriter {
 public:
  explicit Rewriter(AlignedText& text) : target_(text) { out_.reserve(text.text.size() + text.text.size() / 8); }

  [[nodiscard]] bool done() const noexcept { return at_ == target_.text.size(); }
  [[nodiscard]] std::string_view rest() const noexcept { return std::string_view(target_.text).substr(at_); }

  void keep(std::size_t bytes) { write(rest().substr(0, bytes), at_, true), at_ += bytes; }
  void drop(std::size_t bytes) { at_ += bytes; }
  /// Writes `text` instead of the next `bytes` bytes, with the origin of the first of them.
  void replace(std::size_t bytes, std::string_view text) { write(text, at_, false), at_ += bytes; }
  void insert(std::string_view text) { insert_at(text, at_); }
  /// With the origin of the next character.
  void insert_before(std::string_view text) { write(text, at_, false); }
  /// The rest is kept; the new text takes the place of the old one.
  void finish();

 private:
  void write(std::string_view text, std::size_t from, bool each);
  void insert_at(std::string_view text, std::size_t at);

  AlignedText& target_;
  std::string out_;
  std::vector<Origin> origin_;
  std::size_t at_ = 0;
};

}  // namespace ondol::text
