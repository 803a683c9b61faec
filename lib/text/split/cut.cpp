#include "text/split/cut.hpp"

#include "text/characters.hpp"

namespace ondol::text {

void Cutter::stretch(std::size_t begin, std::size_t end, bool is_delimiter) {
  const auto hold = [&] {
    flush();
    held_ = true;
    held_delimiter_ = is_delimiter;
    held_begin_ = begin;
    held_end_ = end;
    joined_ = false;
  };
  switch (behaviour_) {
    case Behaviour::removed:
      if (!is_delimiter) emit(begin, end);
      return;
    case Behaviour::isolated: return emit(begin, end);
    case Behaviour::contiguous:
      if (!held_ || held_delimiter_ != is_delimiter) return hold();
      held_end_ = end;
      return;
    case Behaviour::merged_with_previous:
      if (!held_ || !is_delimiter || held_delimiter_ || joined_) return hold();
      held_end_ = end;
      joined_ = true;
      return;
    case Behaviour::merged_with_next:
      if (!held_ || is_delimiter || !held_delimiter_) return hold();
      held_end_ = end;
      held_delimiter_ = false;
      return;
  }
}

void Split::split(const Piece& piece, const PieceSink& sink) const {
  Cutter cutter(piece, behaviour_, sink);
  const auto at = [&](std::size_t begin, std::size_t end) {
    inverted_ ? cutter.inverted(begin, end) : cutter.delimiter(begin, end);
  };
  if (pattern_) {
    Regex::Search search(*pattern_, piece.text);
    while (const auto match = search.next()) at(match->begin, match->end);
  } else {
    for (std::size_t begin = piece.text.find(text_); begin != piece.text.npos;) {
      at(begin, begin + text_.size());
      begin = piece.text.find(text_, begin + text_.size());
    }
  }
  inverted_ ? cutter.finish_inverted() : cutter.finish();
}

void SplitAtCharacters::split(const Piece& piece, const PieceSink& sink) const {
  Cutter cutter(piece, behaviour_, sink);
  for (std::size_t at = 0; at < piece.text.size();) {
    const Character c = next_character(piece.text.substr(at));
    if (is_delimiter_(c.code)) cutter.delimiter(at, at + c.size);
    at += c.size;
  }
  cutter.finish();
}

}  // namespace ondol::text
