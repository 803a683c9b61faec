#include "runtime/arena.hpp"

#include <algorithm>

namespace ondol {

std::byte* Arena::take_bytes(std::uint64_t bytes) {
  bytes = std::max<std::uint64_t>((bytes + 63) / 64 * 64, 64);
  while (chunk_ < chunks_.size() && chunks_[chunk_].size() - used_ < bytes) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    chunks_.emplace_back(account_, std::max(bytes, smallest), "scratch memory");
    used_ = 0;
  }
  std::byte* memory = chunks_[chunk_].data() + used_;
  used_ += bytes;
  return memory;
}

void Arena::rewind(std::size_t chunk, std::uint64_t used) noexcept {
  chunk_ = chunk;
  used_ = used;
}

void Arena::release() noexcept {
  chunks_.clear();
  chunk_ = 0;
  used_ = 0;
}

}  // namespace ondol
