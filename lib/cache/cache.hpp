#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/attention.hpp"
#include "ondol/kv_cache.hpp"
#include "runtime/memory.hpp"

namespace ondol {

/// What all caches of a model have in common.
struct CacheLayout {
  std::uint64_t fingerprint = 0;  ///< of the model
  std::size_t layers = 0;
  std::size_t kv_heads = 0;
  std::size_t head_dim = 0;
  std::size_t context = 0;
  CacheType type = CacheType::f16;

  [[nodiscard]] std::size_t head_bytes() const noexcept { return cache_head_bytes(type, head_dim); }
  /// One block of one layer: the keys of all kv heads, then the values of all.
  [[nodiscard]] std::size_t block_bytes() const noexcept { return 2 * kv_heads * head_bytes(); }
  [[nodiscard]] std::uint64_t position_bytes() const noexcept { return layers * block_bytes() / cache_block; }
};

/// The inside of a KVCache. Positions beyond length() in the last block are not yet complete: a forward pass first
/// makes room, stores into all layers, then commits.
class KVCache::Impl {
 public:
  Impl(std::shared_ptr<const CacheLayout> layout, std::shared_ptr<MemoryAccount> memory)
      : layout_(std::move(layout)), memory_(std::move(memory)), layers_(layout_->layers) {}

  [[nodiscard]] const CacheLayout& layout() const noexcept { return *layout_; }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept;

  /// Makes [length, length + count) writable in every layer: new blocks, and own copies of shared ones.
  /// @throws Error out_of_memory: then nothing is lost, some blocks may already be there.
  void make_room(std::size_t count);
  void commit(std::size_t count) noexcept { length_ += count; }
  /// Drops what lies behind `length` <= length().
  void truncate(std::size_t length) noexcept;

  /// Keys and values of one kv head in block `block` of a layer, laid out as kernels/attention.hpp says.
  [[nodiscard]] const std::byte* keys(std::size_t layer, std::size_t block, std::size_t head) const noexcept {
    return layers_[layer][block]->data() + head * layout_->head_bytes();
  }
  [[nodiscard]] const std::byte* values(std::size_t layer, std::size_t block, std::size_t head) const noexcept {
    return keys(layer, block, layout_->kv_heads + head);
  }
  [[nodiscard]] std::byte* writable_keys(std::size_t layer, std::size_t block, std::size_t head) noexcept {
    return layers_[layer][block]->data() + head * layout_->head_bytes();
  }
  [[nodiscard]] std::byte* writable_values(std::size_t layer, std::size_t block, std::size_t head) noexcept {
    return writable_keys(layer, block, layout_->kv_heads + head);
  }
  [[nodiscard]] std::size_t blocks() const noexcept { return (length_ + cache_block - 1) / cache_block; }

 private:
  using Block = std::shared_ptr<Buffer>;
  [[nodiscard]] Block new_block() const;

  std::shared_ptr<const CacheLayout> layout_;
  std::shared_ptr<MemoryAccount> memory_;
  std::size_t length_ = 0;
  std::vector<std::vector<Block>> layers_;
};

/// An empty cache.
[[nodiscard]] KVCache make_cache(std::shared_ptr<const CacheLayout> layout, std::shared_ptr<MemoryAccount> memory);

}  // namespace ondol
