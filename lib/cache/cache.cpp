#include "cache/cache.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/fail.hpp"

namespace ondol {

KVCache::Impl::Block KVCache::Impl::new_block() const {
  auto block = std::make_shared<Buffer>(memory_, layout_->block_bytes(), "KV cache");
  // Attention reads whole blocks: what was never stored must be a number.
  std::memset(block->data(), 0, block->size());
  return block;
}

void KVCache::Impl::make_room(std::size_t count) {
  const std::size_t first = length_ / cache_block;
  const std::size_t needed = (length_ + count + cache_block - 1) / cache_block;
  for (auto& blocks : layers_) {
    if (first < blocks.size() && blocks[first].use_count() > 1) {
      Block own = new_block();
      std::memcpy(own->data(), blocks[first]->data(), own->size());
      blocks[first] = std::move(own);
    }
    while (blocks.size() < needed) blocks.push_back(new_block());
  }
}

void KVCache::Impl::truncate(std::size_t length) noexcept {
  length_ = length;
  for (auto& blocks : layers_) {
    if (blocks.size() > this->blocks()) blocks.resize(this->blocks());
  }
}

std::uint64_t KVCache::Impl::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& blocks : layers_) sum += blocks.size() * layout_->block_bytes();
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

void KVCache::truncate(std::size_t length) {
  if (length > impl().length()) {
    fail(Status::invalid_argument,
         fmt::format("truncate: the cache holds {} positions, cannot cut it to {}", impl().length(), length));
  }
  impl().truncate(length);
}

}  // namespace ondol
