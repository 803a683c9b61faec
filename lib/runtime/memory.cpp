#include "runtime/memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstdlib>

#include "base/fail.hpp"

namespace ondol {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t huge_page = 2u << 20;

bool is_in_region(MemoryUse use) noexcept {
#if defined(__SANITIZE_ADDRESS__)  // it watches the ends of what the system's allocator gives
  (void)use;
  return false;
#else
  return use == MemoryUse::weights;
#endif
}

std::byte* system_allocate(std::uint64_t bytes) noexcept {
  const std::size_t align = bytes >= huge_page ? huge_page : alignment;
  const std::uint64_t rounded = (bytes + align - 1) / align * align;
  if (rounded < bytes) return nullptr;
  void* memory = std::aligned_alloc(align, rounded);
#ifdef MADV_HUGEPAGE
  if (memory && align == huge_page) ::madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  return static_cast<std::byte*>(memory);
}

}  // namespace

std::byte* MemoryAccount::take(std::uint64_t bytes, const char* what, MemoryUse use) {
  if (bytes == 0) bytes = 1;
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (limit_ != 0 && (bytes > limit_ || used > limit_ - bytes)) {
      fail(Status::out_of_memory,
           fmt::format("{}: {} bytes on top of {} would exceed the memory limit of {}", what, bytes, used, limit_));
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  auto* memory = allocator_.allocate ? static_cast<std::byte*>(allocator_.allocate(bytes, alignment))
                 : is_in_region(use) ? weights_.take(bytes)
                                     : system_allocate(bytes);
  if (!memory) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    fail(Status::out_of_memory, fmt::format("{}: the system refused {} bytes", what, bytes));
  }
  std::uint64_t peak = peak_.load(std::memory_order_relaxed);
  while (peak < used + bytes && !peak_.compare_exchange_weak(peak, used + bytes, std::memory_order_relaxed)) {
  }
  return memory;
}

void MemoryAccount::give_back(std::byte* memory, std::uint64_t bytes, MemoryUse use) noexcept {
  if (bytes == 0) bytes = 1;
  if (allocator_.release) {
    allocator_.release(memory, bytes);
  } else if (is_in_region(use)) {
    weights_.give_back(memory, bytes);
  } else {
    std::free(memory);
  }
  used_.fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace ondol
