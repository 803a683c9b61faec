#include "ngram/packed.hpp"

#include <algorithm>

namespace ondol::ngram {

AscendingNumbers::AscendingNumbers(const Account& account, std::span<const std::uint32_t> numbers, const char* what)
    : blocks_(account, (numbers.size() + 63) / 64, what), size_(numbers.size()) {
  std::uint32_t words = 0;
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    const std::uint32_t first = numbers[64 * b];
    const std::uint32_t last = numbers[std::min(64 * b + 63, size_ - 1)];
    blocks_[b] = {.first = first, .bits = bits_for(last - first), .position = words};
    words += blocks_[b].bits;
  }
  words_ = Array<std::uint64_t>(account, std::uint64_t{words} + 1, what);
  auto* bytes = reinterpret_cast<std::uint8_t*>(words_.begin());
  for (std::size_t i = 0; i < size_; ++i) {
    const Block& block = blocks_[i / 64];
    const std::uint64_t bit = std::uint64_t{block.position} * 64 + i % 64 * block.bits;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + bit / 8, sizeof word);
    word |= std::uint64_t{numbers[i] - block.first} << bit % 8;
    std::memcpy(bytes + bit / 8, &word, sizeof word);
  }
}

}  // namespace ondol::ngram
