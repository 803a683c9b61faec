#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/attention.hpp"
#include "ondol/kv_cache.hpp"
#include "runtime/memory.hpp"

namespace ondol {

/// What one layer keeps of a sequence: keys and values of positions, a state of a fixed size, both or neither.
struct LayerCache {
  std::size_t kv_heads = 0;  ///< 0: no keys and values
  std::size_t key_dim = 0;
  std::size_t value_dim = 0;
  std::size_t window = 0;  ///< > 0: no row sees further back than so many positions, itself included
  std::size_t state = 0;   ///< floats of a recurrent state
  std::size_t source_heads = 0;  ///< > 0: keys and values of an encoder's source, with so many kv heads
  std::size_t source_dim = 0;    ///< of a key and of a value of it

  bool operator==(const LayerCache&) const = default;
};

/// What all caches of a model have in common.
struct CacheLayout {
  std::uint64_t fingerprint = 0;  ///< of the model
  std::vector<LayerCache> layers;
  std::size_t context = 0;
  CacheType type = CacheType::f16;
  std::size_t source_context = 0;  ///< most positions of an encoder's source

  [[nodiscard]] std::size_t key_bytes(std::size_t layer) const noexcept {
    return cache_head_bytes(type, layers[layer].key_dim);
  }
  [[nodiscard]] std::size_t value_bytes(std::size_t layer) const noexcept {
    return cache_head_bytes(type, layers[layer].value_dim);
  }
  /// One block of a layer: the keys of all kv heads, then the values of all.
  [[nodiscard]] std::size_t block_bytes(std::size_t layer) const noexcept {
    return layers[layer].kv_heads * (key_bytes(layer) + value_bytes(layer));
  }
  /// Blocks of all keys, or of all values, of a source.
  [[nodiscard]] std::size_t source_bytes(std::size_t layer, std::size_t length) const noexcept {
    const std::size_t blocks = (length + cache_block - 1) / cache_block;
    return layers[layer].source_heads * blocks * cache_head_bytes(type, layers[layer].source_dim);
  }
  [[nodiscard]] bool has_state() const noexcept;
  /// Whether positions cannot always be taken back.
  [[nodiscard]] bool forgets() const noexcept;
  /// Bytes of the keys and values that `length` positions and the longest source need.
  [[nodiscard]] std::uint64_t bytes_at(std::uint64_t length) const noexcept;
  /// Bytes of the recurrent states of a sequence.
  [[nodiscard]] std::uint64_t state_bytes() const noexcept;
  /// Bytes that a cache of `length` positions holds besides: the states that a pass writes, and what is kept for going
  /// back.
  [[nodiscard]] std::uint64_t spare_bytes_at(std::uint64_t length) const noexcept;
  /// Bytes that one more position takes beyond all windows.
  [[nodiscard]] std::uint64_t position_bytes() const noexcept;
  /// First block of a layer that a cache of `length` positions holds: what lies wholly behind the window, and `slack`
  /// more positions by which it can be cut back, is let go.
  [[nodiscard]] std::size_t first_block(std::size_t layer, std::uint64_t length, std::size_t slack) const noexcept;
};

/// Positions behind a window that stay, so that a few tokens can be taken back.
inline constexpr std::size_t window_slack = 256;
/// Recurrent states that are kept for going back to, at multiples of checkpoint_step positions; the oldest go first.
inline constexpr std::size_t checkpoint_step = 256;
inline constexpr std::size_t most_checkpoints = 8;

/// The inside of a KVCache. Positions beyond length() are not yet complete: a forward pass first makes room, stores into
/// all layers, then commits; until then the states of length() are kept.
class KVCache::Impl {
 public:
  Impl(std::shared_ptr<const CacheLayout> layout, std::shared_ptr<MemoryAccount> memory)
      : layout_(std::move(layout)), memory_(std::move(memory)), layers_(layout_->layers.size()) {}

  [[nodiscard]] const CacheLayout& layout() const noexcept { return *layout_; }
  [[nodiscard]] std::size_t length() const noexcept { return length_; }
  /// As CacheLayout::bytes_at and state_bytes: without what is kept for going back.
  [[nodiscard]] std::uint64_t bytes() const noexcept;
  /// Positions that the sequence was planned for when its first tokens came.
  [[nodiscard]] std::size_t planned() const noexcept { return planned_; }
  void plan(std::size_t length) noexcept { planned_ = length; }

  /// Makes [length, length + count) writable in every layer: new blocks, own copies of shared ones, new states.
  /// @throws Error out_of_memory: then nothing is lost, some blocks may already be there.
  void make_room(std::size_t count);
  void commit(std::size_t count);
  /// Drops what lies behind `length` <= length(), and what was not committed. False, and nothing done, if states or
  /// windows do not reach back so far.
  [[nodiscard]] bool truncate(std::size_t length) noexcept;
  /// Drops what was not committed.
  void roll_back() noexcept;
  /// The largest length up to `length` that truncate can go back to.
  [[nodiscard]] std::size_t reachable(std::size_t length) const noexcept;

  /// Keys and values of one kv head in block `block` of a layer, laid out as kernels/attention.hpp says; null where the
  /// window has passed.
  [[nodiscard]] std::byte* keys(std::size_t layer, std::size_t block, std::size_t head) noexcept {
    Buffer* buffer = layers_[layer].blocks[block].get();
    return buffer ? buffer->data() + head * layout_->key_bytes(layer) : nullptr;
  }
  [[nodiscard]] std::byte* values(std::size_t layer, std::size_t block, std::size_t head) noexcept {
    Buffer* buffer = layers_[layer].blocks[block].get();
    const std::size_t all_keys = layout_->layers[layer].kv_heads * layout_->key_bytes(layer);
    return buffer ? buffer->data() + all_keys + head * layout_->value_bytes(layer) : nullptr;
  }
  /// The state of a layer at length(), and where a pass writes the one behind its tokens. Zeros at the beginning.
  [[nodiscard]] const float* state(std::size_t layer) const noexcept { return layers_[layer].state->as<float>(); }
  [[nodiscard]] float* next_state(std::size_t layer) noexcept { return layers_[layer].next->as<float>(); }
  [[nodiscard]] std::size_t blocks() const noexcept { return (length_ + cache_block - 1) / cache_block; }

  /// Positions of the source that an encoder has read for this sequence; 0 = none. It stays when positions are taken
  /// back, and forks share it.
  [[nodiscard]] std::size_t source_length() const noexcept { return source_length_; }
  /// Makes room for a source in every layer that has one. @throws Error out_of_memory: then nothing has changed.
  void make_source(std::size_t length);
  /// A layer's source: the keys of all heads' blocks [heads][blocks], and the values.
  [[nodiscard]] std::byte* source_keys(std::size_t layer) noexcept { return layers_[layer].source->data(); }
  [[nodiscard]] std::byte* source_values(std::size_t layer) noexcept {
    return layers_[layer].source->data() + layout_->source_bytes(layer, source_length_);
  }

  /// For reading a saved cache: the state to fill, and the length when all is there.
  [[nodiscard]] float* writable_state(std::size_t layer) noexcept { return layers_[layer].state->as<float>(); }
  void restore(std::size_t length) noexcept;

 private:
  using Block = std::shared_ptr<Buffer>;
  void leave_windows() noexcept;
  [[nodiscard]] bool windows_reach(std::size_t length) const noexcept;
  struct Held {
    std::vector<Block> blocks;  // by position; empty ones have left the window
    Block state;                // at length_
    Block next;                 // being written
    Block source;               // keys, then values
  };
  struct Checkpoint {
    std::size_t length;
    std::vector<Block> states;
  };
  [[nodiscard]] Block new_block(std::uint64_t bytes) const;

  std::shared_ptr<const CacheLayout> layout_;
  std::shared_ptr<MemoryAccount> memory_;
  std::size_t length_ = 0;
  std::size_t planned_ = 0;
  std::size_t source_length_ = 0;
  std::vector<Held> layers_;
  std::vector<Checkpoint> checkpoints_;  // ascending
};

/// An empty cache.
[[nodiscard]] KVCache make_cache(std::shared_ptr<const CacheLayout> layout, std::shared_ptr<MemoryAccount> memory);

}  // namespace ondol
