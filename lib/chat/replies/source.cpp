#include "chat/replies/source.hpp"

#include <algorithm>

namespace ondol::replies {

void Source::attempt(std::size_t from, std::size_t behind) noexcept {
  held_ = from;
  behind_ = behind;
  broken_off_ = false;
}

void Source::forget() {
  constexpr std::size_t worthwhile = 4096;
  const std::size_t unneeded = std::min(at_, held_) - forgotten_;
  if (unneeded < worthwhile || unneeded < text_.size() / 2) return;
  text_.erase(0, unneeded);
  forgotten_ += unneeded;
}

}  // namespace ondol::replies
