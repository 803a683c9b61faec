#include "chat/jinja/frames.hpp"

#include <algorithm>

namespace ondol::jinja {

void Frames::open(Frame& frame, bool detached) {
  all_.push_back({.frame = &frame, .parent = open_.empty() || detached ? none : open_.back(), .touched = {}});
  open_.push_back(all_.size() - 1);
}

void Frames::reopen(const Frame& frame) {
  const auto found = std::find_if(all_.rbegin(), all_.rend(), [&](const Entry& e) { return e.frame == &frame; });
  open_.push_back(static_cast<std::size_t>(all_.rend() - found) - 1);
}

void Frames::touch(Symbol symbol, bool assigned) {
  Entry& entry = all_[open_.back()];
  entry.touched.emplace(symbol, assigned && entry.branches == 0);
}

void Frames::store(const Target& target) {
  for (const Target& part : target.parts) store(part);
  if (target.kind == Target::Kind::name) touch(target.symbol, true);
  if (target.kind == Target::Kind::attribute) load(target.symbol);
}

void Frames::parameter(const Target& target) {
  for (const Target& part : target.parts) parameter(part);
  if (target.kind != Target::Kind::tuple) touch(target.symbol, false);
}

bool Frames::known_around(const Entry& entry, Symbol symbol) const {
  for (std::size_t i = entry.parent; i != none; i = all_[i].parent) {
    if (all_[i].touched.count(symbol) > 0) return true;
  }
  return false;
}

void Frames::finish(const std::vector<std::string>& names) {
  for (const Entry& entry : all_) {
    for (const auto& [symbol, assigned] : entry.touched) {
      if (assigned && !known_around(entry, symbol)) {
        entry.frame->hidden.emplace_back(symbol, undefined_name(names[symbol]));
      }
    }
  }
}

}  // namespace ondol::jinja
