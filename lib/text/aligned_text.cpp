#include "text/aligned_text.hpp"

#include "base/utf8.hpp"
#include "text/characters.hpp"

namespace ondol::text {

AlignedText::AlignedText(const Piece& piece)
    : text(piece.text), begin(piece.begin), is_tracked_(piece.origin != nullptr) {
  if (is_tracked_) origin.assign(piece.origin, piece.origin + piece.text.size());
}

AlignedText::AlignedText(std::string_view original, bool tracked) : text(original), is_tracked_(tracked) {
  if (!tracked) return;
  origin.reserve(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = next_character(original.substr(at)).size;
    origin.insert(origin.end(), n, {std::uint32_t(at), std::uint32_t(at + n)});
    at += n;
  }
}

void Rewriter::write(std::string_view text, std::size_t from, bool each) {
  out_ += text;
  if (!target_.tracked()) return;
  for (std::size_t i = 0; i < text.size(); ++i) origin_.push_back(target_.origin[each ? from + i : from]);
}

void Rewriter::insert_at(std::string_view text, std::size_t at) {
  out_ += text;
  if (!target_.tracked()) return;
  const auto start = std::uint32_t(target_.begin);
  origin_.insert(origin_.end(), text.size(), at == 0 ? Origin{start, start} : target_.origin[at - 1]);
}

void Rewriter::finish() {
  keep(target_.text.size() - at_);
  target_.text = std::move(out_);
  target_.origin = std::move(origin_);
}

}  // namespace ondol::text
