#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/memory.hpp"

namespace ondol {

/// Scratch memory of one forward pass: handed out front to back, taken back all at once. It keeps what it has grown
/// to, so that the steady state allocates nothing. One thread at a time.
class Arena {
 public:
  explicit Arena(std::shared_ptr<MemoryAccount> account) : account_(std::move(account)) {}

  /// `count` values of T, aligned to 64 bytes, not initialised; valid until the enclosing Scope ends.
  /// @throws Error out_of_memory.
  template <class T>
  [[nodiscard]] T* take(std::size_t count) {
    return reinterpret_cast<T*>(take_bytes(count * sizeof(T)));
  }

  /// The least memory that is asked for at a time.
  static constexpr std::uint64_t smallest = 1u << 20;

  /// What is taken while a Scope lives is given back when it ends.
  class Scope {
   public:
    explicit Scope(Arena& arena) : arena_(arena), chunk_(arena.chunk_), used_(arena.used_) {}
    ~Scope() { arena_.rewind(chunk_, used_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Arena& arena_;
    std::size_t chunk_;
    std::uint64_t used_;
  };

  /// Frees all memory. No Scope may live.
  void release() noexcept;

 private:
  std::byte* take_bytes(std::uint64_t bytes);
  void rewind(std::size_t chunk, std::uint64_t used) noexcept;

  std::shared_ptr<MemoryAccount> account_;
  std::vector<Buffer> chunks_;  // in use: all before chunk_, and used_ bytes of chunk_
  std::size_t chunk_ = 0;
  std::uint64_t used_ = 0;
};

}  // namespace ondol
