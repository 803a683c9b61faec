#pragma once

#include <cstddef>
#include <string>

#include "text/split/cut.hpp"

namespace ondol::text {

/// Spaces become "▁", which is put in front too, and a piece begins at each (SentencePiece's way, Metaspace).
class Metaspace final : public PreTokenizer {
 public:
  enum class Where : std::uint8_t { never, first, always };
  /// @param prepend  Where::first: only where the text begins
  Metaspace(std::string blank, Where prepend, bool splits)
      : blank_(std::move(blank)), prepend_(prepend), cut_(blank_, Behaviour::merged_with_next), splits_(splits) {}
  void split(const Piece& piece, const PieceSink& sink) const override;

 private:
  std::string blank_;
  Where prepend_;
  Split cut_;
  bool splits_;
};

/// Runs of word characters and runs of signs; white space goes.
class WordsAndSigns final : public PreTokenizer {
 public:
  void split(const Piece& piece, const PieceSink& sink) const override;
};

/// A space in front of pieces without one.
class PrefixSpace final : public PreTokenizer {
 public:
  void split(const Piece& piece, const PieceSink& sink) const override;
};

/// Bytes become their spelling in byte-level vocabularies (GPT-2).
class SpellBytes final : public PreTokenizer {
 public:
  void split(const Piece& piece, const PieceSink& sink) const override;
};

/// A piece of `length` characters after the other.
class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(std::size_t length) : length_(length) {}
  void split(const Piece& piece, const PieceSink& sink) const override;

 private:
  std::size_t length_;
};

/// A piece for each run of one script, with the spaces behind it; Hiragana and Katakana count as Han. Spaces in front
/// of all are dropped (as there).
class UnicodeScripts final : public PreTokenizer {
 public:
  void split(const Piece& piece, const PieceSink& sink) const override;
};

/// Runs that a pattern matches are cut before every third character, counted from their end.
class DigitThrees final : public PreTokenizer {
 public:
  explicit DigitThrees(Regex runs) : runs_(std::move(runs)) {}
  void split(const Piece& piece, const PieceSink& sink) const override;

 private:
  Regex runs_;
};

}  // namespace ondol::text
