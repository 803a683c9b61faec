#include "cache/cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/fail.hpp"

namespace ondol {

bool CacheLayout::has_state() const noexcept {
  return std::ranges::any_of(layers, [](const LayerCache& layer) { return layer.state > 0; });
}

bool CacheLayout::forgets() const noexcept {
  return std::ranges::any_of(layers, [](const LayerCache& layer) { return layer.state > 0 || layer.window > 0; });
}

std::size_t CacheLayout::first_block(std::size_t layer, std::uint64_t length, std::size_t slack) const noexcept {
  const std::size_t seen = layers[layer].window;
  return seen == 0 || length < seen + slack ? 0 : (length - seen - slack) / cache_block;
}

std::uint64_t CacheLayout::bytes_at(std::uint64_t length) const noexcept {
  const std::uint64_t blocks = (length + cache_block - 1) / cache_block;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    sum += (blocks - first_block(i, length, 0)) * block_bytes(i) + 2 * source_bytes(i, source_context);
  }
  return sum;
}

std::uint64_t CacheLayout::state_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const LayerCache& layer : layers) sum += layer.state * sizeof(float);
  return sum;
}

std::uint64_t CacheLayout::spare_bytes_at(std::uint64_t length) const noexcept {
  const std::uint64_t checkpoints = std::min<std::uint64_t>(length / checkpoint_step, most_checkpoints);
  std::uint64_t sum = (1 + checkpoints) * state_bytes();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    sum += (first_block(i, length, 0) - first_block(i, length, window_slack)) * block_bytes(i);
  }
  return sum;
}

std::uint64_t CacheLayout::position_bytes() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) sum += layers[i].window ? 0 : block_bytes(i);
  return sum / cache_block;
}

KVCache::Impl::Block KVCache::Impl::new_block(std::uint64_t bytes) const {
  auto block = std::make_shared<Buffer>(memory_, bytes, "KV cache");
  // Attention reads whole blocks: what was never stored must be a number.
  std::memset(block->data(), 0, block->size());
  return block;
}

void KVCache::Impl::make_room(std::size_t count) {
  const std::size_t first = length_ / cache_block;
  const std::size_t needed = (length_ + count + cache_block - 1) / cache_block;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Held& held = layers_[i];
    if (const std::size_t state = layout_->layers[i].state) {
      if (!held.state) held.state = new_block(state * sizeof(float));
      if (!held.next || held.next.use_count() > 1) held.next = new_block(state * sizeof(float));
    }
    if (layout_->layers[i].kv_heads == 0) continue;
    if (first < held.blocks.size() && held.blocks[first].use_count() > 1) {
      Block own = new_block(layout_->block_bytes(i));
      std::memcpy(own->data(), held.blocks[first]->data(), own->size());
      held.blocks[first] = std::move(own);
    }
    while (held.blocks.size() < needed) held.blocks.push_back(new_block(layout_->block_bytes(i)));
  }
}

void KVCache::Impl::make_source(std::size_t length) {
  std::vector<Block> made(layers_.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (const std::size_t bytes = layout_->source_bytes(i, length)) made[i] = new_block(2 * bytes);
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i].source = std::move(made[i]);
  source_length_ = length;
}

void KVCache::Impl::leave_windows() noexcept {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    auto& blocks = layers_[i].blocks;
    const std::size_t first = std::min(layout_->first_block(i, length_, window_slack), blocks.size());
    for (std::size_t block = first; block-- > 0 && blocks[block];) blocks[block].reset();
  }
}

void KVCache::Impl::restore(std::size_t length) noexcept {
  length_ = length;
  leave_windows();
}

void KVCache::Impl::commit(std::size_t count) {
  length_ += count;
  for (Held& held : layers_) {
    if (held.state) std::swap(held.state, held.next);
  }
  leave_windows();
  std::erase_if(checkpoints_, [&](const Checkpoint& checkpoint) { return !windows_reach(checkpoint.length); });
  if (!layout_->has_state() || length_ / checkpoint_step == (length_ - count) / checkpoint_step) return;
  Checkpoint checkpoint{.length = length_, .states = {}};
  for (const Held& held : layers_) checkpoint.states.push_back(held.state);
  checkpoints_.push_back(std::move(checkpoint));
  if (checkpoints_.size() > most_checkpoints) checkpoints_.erase(checkpoints_.begin());
}

void KVCache::Impl::roll_back() noexcept {
  for (Held& held : layers_) {
    if (held.blocks.size() > blocks()) held.blocks.resize(blocks());
  }
}

bool KVCache::Impl::windows_reach(std::size_t length) const noexcept {
  // Every position that the next row sees must be there.
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::size_t window = layout_->layers[i].window;
    const auto& blocks = layers_[i].blocks;
    if (window == 0 || length == 0) continue;
    const std::size_t first = length + 1 > window ? (length + 1 - window) / cache_block : 0;
    if (first < blocks.size() && !blocks[first]) return false;
  }
  return true;
}

std::size_t KVCache::Impl::reachable(std::size_t length) const noexcept {
  if (length >= length_) return length_;
  if (!layout_->has_state()) return windows_reach(length) ? length : 0;
  std::size_t best = 0;
  for (const Checkpoint& checkpoint : checkpoints_) {
    if (checkpoint.length <= length && windows_reach(checkpoint.length)) best = checkpoint.length;
  }
  return best;
}

bool KVCache::Impl::truncate(std::size_t length) noexcept {
  if (length == length_) {
    roll_back();
    return true;
  }
  if (length != 0 && reachable(length) != length) return false;
  std::erase_if(checkpoints_, [&](const Checkpoint& checkpoint) { return checkpoint.length > length; });
  const bool to_checkpoint = !checkpoints_.empty() && checkpoints_.back().length == length;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    layers_[i].state = to_checkpoint ? checkpoints_.back().states[i] : nullptr;
    layers_[i].next.reset();
  }
  length_ = length;
  if (length == 0) {
    planned_ = 0;
    for (Held& held : layers_) held.blocks.clear();
  }
  roll_back();
  return true;
}

std::uint64_t KVCache::Impl::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Held& held = layers_[i];
    for (std::size_t b = layout_->first_block(i, length_, 0); b < held.blocks.size(); ++b) {
      sum += held.blocks[b] ? held.blocks[b]->size() : 0;
    }
    for (const Block* block : {&held.state, &held.source}) sum += *block ? (*block)->size() : 0;
  }
  return sum;
}

KVCache make_cache(std::shared_ptr<const CacheLayout> layout, std::shared_ptr<MemoryAccount> memory) {
  return KVCache(std::make_unique<KVCache::Impl>(std::move(layout), std::move(memory)));
}

KVCache::KVCache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KVCache::KVCache(const KVCache& other) : impl_(std::make_unique<Impl>(other.impl())) {}
KVCache& KVCache::operator=(const KVCache& other) {
  if (this != &other) impl_ = std::make_unique<Impl>(other.impl());
  return *this;
}
KVCache::KVCache(KVCache&&) noexcept = default;
KVCache& KVCache::operator=(KVCache&&) noexcept = default;
KVCache::~KVCache() = default;

const KVCache::Impl& KVCache::impl() const {
  if (!impl_) fail(Status::invalid_argument, "the cache was moved from");
  return *impl_;
}
KVCache::Impl& KVCache::impl() { return const_cast<Impl&>(std::as_const(*this).impl()); }

std::size_t KVCache::length() const noexcept { return impl_ ? impl_->length() : 0; }
std::size_t KVCache::context() const noexcept { return impl_ ? impl_->layout().context : 0; }
std::uint64_t KVCache::bytes() const noexcept { return impl_ ? impl_->bytes() : 0; }
CacheType KVCache::type() const { return impl().layout().type; }

std::size_t KVCache::reachable(std::size_t length) const { return impl().reachable(length); }

void KVCache::truncate(std::size_t length) {
  if (length > impl().length()) {
    fail(Status::invalid_argument,
         fmt::format("truncate: the cache holds {} positions, cannot cut it to {}", impl().length(), length));
  }
  if (!impl().truncate(length)) {
    fail(Status::unsupported,
         fmt::format("truncate: cannot go back from {} positions to {}: a recurrent state or a sliding window does not "
                     "reach so far; the nearest before it is {}",
                     impl().length(), length, impl().reachable(length)));
  }
}

}  // namespace ondol
