#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "text/pipeline.hpp"
#include "text/regex.hpp"

namespace ondol::text {

/// What becomes of the delimiters a text is cut at. "the-final--countdown" at "-":
enum class Behaviour : std::uint8_t {
  removed,               ///< the, final, countdown
  isolated,              ///< the, -, final, -, -, countdown
  merged_with_previous,  ///< the-, final-, -, countdown
  merged_with_next,      ///< the, -final, -, -countdown
  contiguous             ///< the, -, final, --, countdown
};

/// Takes the stretches of a piece in order, delimiters or not, and passes on the pieces they make.
class Cutter {
 public:
  Cutter(const Piece& piece, Behaviour behaviour, const PieceSink& sink)
      : piece_(piece), behaviour_(behaviour), sink_(sink) {}
  /// A delimiter at [begin, end); what lies between it and the last one is none.
  void delimiter(std::size_t begin, std::size_t end) {
    if (begin != done_) stretch(done_, begin, false);
    stretch(begin, end, true);
    done_ = end;
  }
  void finish() {
    if (done_ != piece_.text.size()) stretch(done_, piece_.text.size(), false);
    flush();
  }
  /// As delimiter(), where what is between them is the delimiter.
  void inverted(std::size_t begin, std::size_t end) {
    if (begin != done_) stretch(done_, begin, true);
    stretch(begin, end, false);
    done_ = end;
  }
  void finish_inverted() {
    if (done_ != piece_.text.size()) stretch(done_, piece_.text.size(), true);
    flush();
  }

 private:
  void stretch(std::size_t begin, std::size_t end, bool is_delimiter);
  void emit(std::size_t begin, std::size_t end) const {
    if (begin < end) sink_(piece_.slice(begin, end));
  }
  void flush() {
    if (held_) emit(held_begin_, held_end_);
    held_ = false;
  }

  const Piece& piece_;
  Behaviour behaviour_;
  const PieceSink& sink_;
  std::size_t done_ = 0;
  bool held_ = false;  // a stretch that the next one may join
  bool held_delimiter_ = false;
  bool joined_ = false;  // … and has been joined
  std::size_t held_begin_ = 0, held_end_ = 0;
};

/// Cuts at what a pattern, or exactly a text, matches.
class Split final : public PreTokenizer {
 public:
  /// @param inverted  what the pattern does not match is the delimiter
  Split(Regex pattern, Behaviour behaviour, bool inverted = false)
      : pattern_(std::move(pattern)), behaviour_(behaviour), inverted_(inverted) {}
  /// @param text  not empty
  Split(std::string text, Behaviour behaviour, bool inverted = false)
      : text_(std::move(text)), behaviour_(behaviour), inverted_(inverted) {}
  void split(const Piece& piece, const PieceSink& sink) const override;

 private:
  std::optional<Regex> pattern_;
  std::string text_;
  Behaviour behaviour_;
  bool inverted_;
};

/// Cuts at single characters of a class.
class SplitAtCharacters final : public PreTokenizer {
 public:
  using Class = bool (*)(char32_t) noexcept;
  SplitAtCharacters(Class is_delimiter, Behaviour behaviour) : is_delimiter_(is_delimiter), behaviour_(behaviour) {}
  void split(const Piece& piece, const PieceSink& sink) const override;

 private:
  Class is_delimiter_;
  Behaviour behaviour_;
};

}  // namespace ondol::text
