#include "runtime/weight_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <new>

namespace ondol {
namespace {

constexpr std::uint64_t alignment = 64;
constexpr std::uint64_t huge_page = 2u << 20;
constexpr std::uint64_t region_size = 64u << 20;  // of addresses; pages come as they are touched
constexpr std::uint64_t step = 2 * huge_page;     // of which the first tells what huge pages cost

std::uint64_t up(std::uint64_t value, std::uint64_t unit) { return (value + unit - 1) / unit * unit; }
std::uint64_t address(const std::byte* at) { return reinterpret_cast<std::uintptr_t>(at); }

/// `bytes` of addresses that begin where a huge page may.
std::byte* map(std::uint64_t bytes) noexcept {
  void* const memory = ::mmap(nullptr, bytes + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  auto* const all = static_cast<std::byte*>(memory);
  const std::uint64_t before = up(address(all), huge_page) - address(all);
  if (before > 0) ::munmap(all, before);
  ::munmap(all + before + bytes, huge_page - before);
  return all + before;
}

#ifdef MADV_HUGEPAGE
/// Asks for huge pages and takes the first. It costs little more than to be cleared if the system has one at hand;
/// under a hypervisor that takes free memory back, ten times as much, while small pages mostly come from what is left.
/// Then the others are to be small, and the answer is false.
bool take_huge_pages(std::byte* begin, std::uint64_t bytes) noexcept {
  using Clock = std::chrono::steady_clock;
  ::madvise(begin, bytes, MADV_HUGEPAGE);
  const auto time = Clock::now();
  *static_cast<volatile std::byte*>(begin) = std::byte{0};
  if (Clock::now() - time < std::chrono::milliseconds(1)) return true;
  ::madvise(begin, bytes, MADV_NOHUGEPAGE);
  return false;
}
#else
bool take_huge_pages(std::byte*, std::uint64_t) noexcept { return false; }
#endif

}  // namespace

WeightMemory::~WeightMemory() {
  for (const Region& region : regions_) ::munmap(region.begin, region.size);
}

std::byte* WeightMemory::take(std::uint64_t bytes) noexcept {
  if (bytes > std::numeric_limits<std::int64_t>::max()) return nullptr;
  bytes = up(bytes, alignment);
  const std::scoped_lock lock(mutex_);
  auto region = std::ranges::find_if(regions_, [bytes](const Region& r) { return r.size - r.used >= bytes; });
  if (region == regions_.end()) {
    const std::uint64_t size = up(std::max(bytes, region_size), static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    std::byte* const begin = map(size);
    if (!begin) return nullptr;
    try {
      region = regions_.insert(regions_.end(), {begin, size, 0, 0, 0});
    } catch (const std::bad_alloc&) {
      ::munmap(begin, size);
      return nullptr;
    }
  }
  std::byte* const memory = region->begin + region->used;
  region->used += bytes;
  region->held += bytes;
  for (; huge_ && region->huge < region->used; region->huge += step) {
    huge_ = take_huge_pages(region->begin + region->huge, std::min(step, region->size - region->huge));
  }
  return memory;
}

void WeightMemory::give_back(std::byte* memory, std::uint64_t bytes) noexcept {
  bytes = up(bytes, alignment);
  const std::scoped_lock lock(mutex_);
  const auto region = std::ranges::find_if(
      regions_, [memory](const Region& r) { return memory >= r.begin && memory < r.begin + r.size; });
  region->held -= bytes;
  if (region->held == 0) {
    ::munmap(region->begin, region->size);
    regions_.erase(region);
    return;
  }
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t first = up(address(memory), page), last = (address(memory) + bytes) / page * page;
  if (first < last) ::madvise(memory + (first - address(memory)), last - first, MADV_DONTNEED);
}

}  // namespace ondol
