#include "ngram/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/fail.hpp"
#include "text/hash.hpp"

namespace ondol::ngram {
namespace {

/// A word is looked for in so many slots: in a table of random hashes the chance to need more is nothing.
constexpr std::uint32_t most_steps = 2000;
constexpr std::uint32_t first_slots = 1024;

}  // namespace

Words::Words(Account account)
    : account_(account), texts_(account, "n-gram vocabulary"), ends_(account, "n-gram vocabulary") {
  make_slots(first_slots);
}

std::uint32_t Words::slot_of(std::string_view word, std::uint64_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (std::uint32_t step = 0; step < most_steps; ++step, slot = (slot + 1) & mask) {
    if (slots_[slot] == 0 || (*this)[slots_[slot] - 1] == word) return static_cast<std::uint32_t>(slot);
  }
  return none;
}

std::uint32_t Words::find(std::string_view word) const noexcept {
  const std::uint32_t slot = slot_of(word, text::hash(word));
  return slot == none ? none : slots_[slot] - 1;  // a free slot holds 0
}

void Words::find_all(std::span<const std::string_view> words, std::span<std::uint32_t> ids) const noexcept {
  constexpr std::size_t at_a_time = 16;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t begin = 0; begin < words.size(); begin += at_a_time) {
    const std::size_t count = std::min(at_a_time, words.size() - begin);
    std::array<std::uint64_t, at_a_time> hashes{};
    for (std::size_t i = 0; i < count; ++i) {
      hashes[i] = text::hash(words[begin + i]);
      __builtin_prefetch(slots_.begin() + (hashes[i] & mask));
    }
    const auto likely = [&](std::size_t i) { return std::max(slots_[hashes[i] & mask], 1u) - 1; };
    if (size() != 0) {
      for (std::size_t i = 0; i < count; ++i) __builtin_prefetch(ends_.begin() + likely(i));
      for (std::size_t i = 0; i < count; ++i) __builtin_prefetch((*this)[likely(i)].data());
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t slot = slot_of(words[begin + i], hashes[i]);
      ids[begin + i] = slot == none ? none : slots_[slot] - 1;
    }
  }
}

Words::Added Words::add(std::string_view word) {
  const std::uint64_t hash = text::hash(word);
  std::uint32_t slot = slot_of(word, hash);
  if (slot != none && slots_[slot] != 0) return {.id = slots_[slot] - 1, .fresh = false};
  const std::uint32_t id = size();
  if (id == static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) {
    fail(Status::unsupported, "n-gram vocabulary: more than 2^31 - 1 words");
  }
  if (word.size() > none - texts_.size()) fail(Status::unsupported, "n-gram vocabulary: more than 4 GiB of words");
  if (std::uint64_t{id} * 3 >= slots_.size() * std::uint64_t{2}) {
    make_slots(2 * slots_.size());
    slot = slot_of(word, hash);
  }
  if (slot == none) {
    fail(Status::bad_file,
         fmt::format("n-gram vocabulary: over {} words share their hash with \"{}\"", most_steps, word.substr(0, 100)));
  }
  texts_.append({word.data(), word.size()});
  ends_.push_back(static_cast<std::uint32_t>(texts_.size()));
  slots_[slot] = id + 1;
  return {.id = id, .fresh = true};
}

void Words::make_slots(std::uint64_t count) {
  slots_ = Array<std::uint32_t>(account_, count, "n-gram vocabulary");
  for (std::uint32_t id = 0; id < size(); ++id) {
    const std::uint32_t slot = slot_of((*this)[id], text::hash((*this)[id]));
    if (slot == none) {
      fail(Status::bad_file, fmt::format("n-gram vocabulary: over {} words share their hash with \"{}\"", most_steps,
                                         (*this)[id].substr(0, 100)));
    }
    slots_[slot] = id + 1;
  }
}

void Words::shrink() {
  texts_.shrink();
  ends_.shrink();
}

}  // namespace ondol::ngram
