#include "allocations.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> used = 0;
std::atomic<std::size_t> most = 0;
std::atomic<std::size_t> calls = 0;

void* counted(std::size_t size) noexcept {
  void* p = std::malloc(size == 0 ? 1 : size);
  if (p == nullptr) return nullptr;
  ++calls;
  const std::size_t now = used += malloc_usable_size(p);
  std::size_t seen = most;
  while (seen < now && !most.compare_exchange_weak(seen, now)) {
  }
  return p;
}

void* counted_or_throw(std::size_t size) {
  void* p = counted(size);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

void uncounted(void* p) noexcept {
  if (p != nullptr) used -= malloc_usable_size(p);
  std::free(p);
}

}  // namespace

void* operator new(std::size_t size) { return counted_or_throw(size); }
void* operator new[](std::size_t size) { return counted_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* p) noexcept { uncounted(p); }
void operator delete[](void* p) noexcept { uncounted(p); }
void operator delete(void* p, std::size_t) noexcept { uncounted(p); }
void operator delete[](void* p, std::size_t) noexcept { uncounted(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { uncounted(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { uncounted(p); }

namespace test {

Allocations::Allocations() noexcept : start_(used), calls_(::calls) { most = start_; }
std::size_t Allocations::peak() const noexcept { return most - start_; }
std::size_t Allocations::calls() const noexcept { return ::calls - calls_; }

}  // namespace test
