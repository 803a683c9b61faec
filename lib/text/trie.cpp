#include "text/trie.hpp"

#include <algorithm>

namespace ondol::text {

Trie::Trie(std::vector<Entry> entries) {
  std::erase_if(entries, [](const Entry& e) { return e.text.empty(); });
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.text < b.text; });
  // Breadth first, so that the children of a node lie together; each node is a range of entries with one prefix.
  struct Range {
    std::size_t begin, end, depth;
    std::uint32_t node;
  };
  nodes_.emplace_back();
  std::vector<Range> ranges{{0, entries.size(), 0, 0}};
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    auto [begin, end, depth, node] = ranges[i];
    while (begin < end && entries[begin].text.size() == depth) nodes_[node].value = entries[begin++].value;
    nodes_[node].children = std::uint32_t(nodes_.size());
    while (begin < end) {
      const char byte = entries[begin].text[depth];
      std::size_t next = begin;
      while (next < end && entries[next].text[depth] == byte) ++next;
      ++nodes_[node].count;
      ranges.push_back({begin, next, depth + 1, std::uint32_t(nodes_.size())});
      nodes_.push_back({.byte = static_cast<std::uint8_t>(byte)});
      begin = next;
    }
  }
}

}  // namespace ondol::text
