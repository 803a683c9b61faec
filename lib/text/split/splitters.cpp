#include "text/split/splitters.hpp"

#include <algorithm>

#include "text/characters.hpp"
#include "text/decode/byte_level.hpp"
#include "text/normalize/normalizers.hpp"

namespace ondol::text {

void Metaspace::split(const Piece& piece, const PieceSink& sink) const {
  AlignedText text(piece);
  Replace(" ", blank_).apply(text);
  const bool wanted = prepend_ == Where::always || (prepend_ == Where::first && piece.begin == 0);
  if (wanted && !text.text.starts_with(blank_)) {
    Prepend(blank_).apply(text);
  }
  splits_ ? cut_.split(text.piece(), sink) : sink(text.piece());
}

void WordsAndSigns::split(const Piece& piece, const PieceSink& sink) const {
  enum Kind { space, sign, word } last = space;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < piece.text.size();) {
    const Character c = next_character(piece.text.substr(at));
    const Kind kind = is_word(c.code) ? word : is_white_space(c.code) ? space : sign;
    if (kind != last) {
      if (last != space) sink(piece.slice(begin, at));
      begin = at;
      last = kind;
    }
    at += c.size;
  }
  if (last != space) sink(piece.slice(begin, piece.text.size()));
}

void PrefixSpace::split(const Piece& piece, const PieceSink& sink) const {
  if (piece.text.starts_with(' ')) return sink(piece);
  AlignedText text(piece);
  Prepend(" ").apply(text);
  sink(text.piece());
}

void SpellBytes::split(const Piece& piece, const PieceSink& sink) const {
  AlignedText text(piece);
  spell_bytes(text);
  sink(text.piece());
}

void FixedLength::split(const Piece& piece, const PieceSink& sink) const {
  for (std::size_t begin = 0, end = 0; begin < piece.text.size(); begin = end) {
    for (std::size_t n = 0; n < length_ && end < piece.text.size(); ++n) {
      end += next_character(piece.text.substr(end)).size;
    }
    sink(piece.slice(begin, end));
  }
}

void UnicodeScripts::split(const Piece& piece, const PieceSink& sink) const {
  std::size_t begin = 0;
  int last = -1;
  for (std::size_t at = 0; at < piece.text.size();) {
    const Character c = next_character(piece.text.substr(at));
    const int script = script_of(c.code);
    if (script >= 0 && script != last) {
      if (last >= 0) sink(piece.slice(begin, at));
      begin = at;
      last = script;
    }
    at += c.size;
  }
  if (last >= 0) sink(piece.slice(begin, piece.text.size()));
}

void DigitThrees::split(const Piece& piece, const PieceSink& sink) const {
  std::size_t begin = 0;
  const auto cut = [&](std::size_t end) {
    if (end > begin) sink(piece.slice(begin, end));
    begin = end;
  };
  Regex::Search search(runs_, piece.text);
  while (const auto run = search.next()) {
    std::size_t left = 0;
    for (std::size_t at = run->begin; at < run->end; at += next_character(piece.text.substr(at)).size) ++left;
    for (std::size_t at = run->begin; at < run->end; at += next_character(piece.text.substr(at)).size, --left) {
      if (left % 3 == 0) cut(at);
    }
  }
  cut(piece.text.size());
}

}  // namespace ondol::text
