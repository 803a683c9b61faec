#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "ngram/array.hpp"

namespace ondol::ngram {

/// No such word or entry.
constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

/// Words by id, in the order they were added, and ids by word.
class Words {
 public:
  explicit Words(Account account);

  struct Added {
    std::uint32_t id;
    bool fresh;  ///< it was not there before
  };
  /// @throws Error unsupported: over 2^31 words or 4 GiB of them; bad_file: they were made to share their hashes;
  ///         out_of_memory.
  Added add(std::string_view word);
  /// `none` if there is no such word.
  [[nodiscard]] std::uint32_t find(std::string_view word) const noexcept;
  /// find() of many words: faster, for the memory of several is fetched at once.
  /// @param ids  as many as words.
  void find_all(std::span<const std::string_view> words, std::span<std::uint32_t> ids) const noexcept;

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(ends_.size()); }
  /// Valid until the next add().
  [[nodiscard]] std::string_view operator[](std::uint32_t id) const noexcept {
    const std::uint32_t begin = id == 0 ? 0 : ends_[id - 1];
    return {texts_.begin() + begin, ends_[id] - begin};
  }
  /// Gives back what growing took too much of.
  void shrink();
  [[nodiscard]] std::uint64_t bytes() const noexcept { return texts_.bytes() + ends_.bytes() + slots_.bytes(); }

 private:
  /// Where `word` stands in the table, or the free slot where it belongs; `none` behind too many others.
  [[nodiscard]] std::uint32_t slot_of(std::string_view word, std::uint64_t hash) const noexcept;
  void make_slots(std::uint64_t count);

  Account account_;
  GrowingArray<char> texts_;
  GrowingArray<std::uint32_t> ends_;
  Array<std::uint32_t> slots_;  ///< open addressing: id + 1, 0 = free; a power of two, at most two thirds of it used
};

}  // namespace ondol::ngram
