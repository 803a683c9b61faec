#include "generate/stop_matcher.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "base/utf8.hpp"

namespace ondol {

StopMatcher::StopMatcher(const std::vector<std::string>& stops) : nodes_(1) {
  std::vector<std::uint32_t> depth(1);
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if (stops[i].empty()) fail(Status::invalid_argument, fmt::format("stop: string {} is empty", i));
    if (!utf8_valid(stops[i])) fail(Status::invalid_argument, fmt::format("stop: string {} is not UTF-8", i));
    lengths_.push_back(stops[i].size());
    std::uint32_t node = 0;
    for (const char byte : stops[i]) {
      std::uint32_t next = child(node, byte);
      if (next == 0) {
        next = static_cast<std::uint32_t>(nodes_.size());
        nodes_[node].next.emplace_back(byte, next);
        nodes_.emplace_back();
        depth.push_back(depth[node] + 1);
      }
      node = next;
    }
    if (nodes_[node].stop < 0) nodes_[node].stop = static_cast<std::int64_t>(i);
  }
  // Breadth first: what a node falls back to is nearer to the root, and done.
  std::vector<std::uint32_t> queue{0};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::uint32_t node = queue[i];
    for (const auto& [byte, next] : nodes_[node].next) {
      Node& to = nodes_[next];
      if (node != 0) to.fail = step(nodes_[node].fail, byte);
      if (to.stop < 0) to.stop = nodes_[to.fail].stop;
      to.hold = to.next.empty() ? nodes_[to.fail].hold : depth[next];
      queue.push_back(next);
    }
  }
}

std::uint32_t StopMatcher::child(std::uint32_t node, char byte) const noexcept {
  for (const auto& [key, next] : nodes_[node].next) {
    if (key == byte) return next;
  }
  return 0;
}

std::uint32_t StopMatcher::step(std::uint32_t node, char byte) const noexcept {
  for (;; node = nodes_[node].fail) {
    if (const std::uint32_t next = child(node, byte)) return next;
    if (node == 0) return 0;
  }
}

void StopMatcher::release(std::size_t count, std::string& out) {
  for (std::size_t i = 0; i < count; ++i) {
    if (held_shown_[i] == Shown::yes) out += held_[i];
  }
  held_.erase(0, count);
  held_shown_.erase(held_shown_.begin(), held_shown_.begin() + static_cast<std::ptrdiff_t>(count));
}

std::optional<std::size_t> StopMatcher::add(std::string_view text, Shown shown, bool may_stop, std::string& out) {
  for (const char byte : text) {
    at_ = step(at_, byte);
    held_ += byte;
    held_shown_.push_back(shown);
    const Node& node = nodes_[at_];
    if (may_stop && node.stop >= 0) {
      const auto index = static_cast<std::size_t>(node.stop);
      release(held_.size() - lengths_[index], out);
      return index;
    }
  }
  release(held_.size() - nodes_[at_].hold, out);
  return std::nullopt;
}

std::string StopMatcher::flush() {
  std::string out;
  release(held_.size(), out);
  at_ = 0;
  return out;
}

}  // namespace ondol
