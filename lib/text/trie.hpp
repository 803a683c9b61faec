#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ondol::text {

/// Texts by their bytes: finds all that begin at a place of another text. Immutable.
class Trie {
 public:
  struct Entry {
    std::string_view text;
    std::int32_t value;  ///< not negative
  };
  /// Of entries with one text the last one counts; empty texts are left out.
  explicit Trie(std::vector<Entry> entries);

  /// Calls `found(size, value)` for every entry that `text` begins with, shortest first.
  template <class Found>
  void prefixes(std::string_view text, Found&& found) const {
    std::uint32_t node = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      node = child(node, static_cast<unsigned char>(text[at]));
      if (node == none) return;
      if (nodes_[node].value >= 0) found(at + 1, nodes_[node].value);
    }
  }

 private:
  static constexpr std::uint32_t none = ~0u;
  struct Node {
    std::uint32_t children = 0;  // index of the first; they lie in order of their bytes
    std::uint16_t count = 0;
    std::uint8_t byte = 0;
    std::int32_t value = -1;
  };
  [[nodiscard]] std::uint32_t child(std::uint32_t node, unsigned char byte) const noexcept {
    const Node& n = nodes_[node];
    if (n.count == 256) return n.children + byte;
    for (std::uint32_t i = n.children, end = n.children + n.count; i < end; ++i) {
      if (nodes_[i].byte >= byte) return nodes_[i].byte == byte ? i : none;
    }
    return none;
  }

  std::vector<Node> nodes_;
};

}  // namespace ondol::text
