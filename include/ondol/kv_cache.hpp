#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "ondol/export.hpp"

namespace ondol {

/// How keys and values are stored.
enum class CacheType : std::int32_t { f32, f16, bf16, q8_0 };

/// What a model keeps of one sequence: keys and values of each layer, in blocks of a fixed number of positions.
///
/// A value: a copy is a fork, which shares full blocks and copies a block when it is written to. It may outlive its
/// model. One thread at a time uses it; different caches are independent.
class ONDOL_API KVCache {
 public:
  /// Positions that are held and complete.
  [[nodiscard]] std::size_t length() const noexcept;
  /// Most positions it may hold.
  [[nodiscard]] std::size_t context() const noexcept;
  /// Bytes of the keys, values and states of the sequence, blocks shared with forks included. What a cache keeps besides,
  /// so that it can go back over recurrent states and windows, Runtime::memory_used() tells.
  [[nodiscard]] std::uint64_t bytes() const noexcept;
  [[nodiscard]] CacheType type() const;

  /// Forgets all positions from `length` on.
  /// @throws Error invalid_argument: longer than length(); unsupported: `length` is not reachable().
  void truncate(std::size_t length);
  /// The largest length up to `length` that truncate() can go back to: any, unless the model has sliding windows, of
  /// which some 256 positions can be taken back, or recurrent states, which are kept every 256 positions.
  [[nodiscard]] std::size_t reachable(std::size_t length) const;
  void clear() { truncate(0); }
  /// A cache that continues from here on its own; the same as a copy.
  [[nodiscard]] KVCache fork() const { return *this; }

  /// Writes a checksummed file that load() of the same model takes back bit for bit.
  /// @throws Error io.
  void save(std::string_view path) const;
  /// Replaces the contents by those of a file; unchanged if it throws.
  /// @throws Error not_found, io; bad_file: damaged; mismatch: saved by another model or with another type;
  ///         context_full: longer than context().
  void load(std::string_view path);

  KVCache(const KVCache&);
  KVCache& operator=(const KVCache&);
  KVCache(KVCache&&) noexcept;
  KVCache& operator=(KVCache&&) noexcept;
  ~KVCache();

  class Impl;
  explicit KVCache(std::unique_ptr<Impl> impl);
  /// For the library itself. @throws Error invalid_argument: the cache was moved from.
  [[nodiscard]] Impl& impl();
  [[nodiscard]] const Impl& impl() const;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ondol
