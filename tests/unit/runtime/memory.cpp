#include "runtime/memory.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <thread>
#include <vector>

#include "ondol/error.hpp"

namespace {

using ondol::Buffer;
using ondol::MemoryAccount;

// Their allocators end the program rather than refuse.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

ondol::Status status_of(MemoryAccount& account, std::uint64_t bytes) {
  try {
    account.give_back(account.take(bytes, "a test"), bytes);
  } catch (const ondol::Error& e) {
    return e.code();
  }
  return ondol::Status::ok;
}

}  // namespace

TEST_CASE("memory account: counts what is held and the most that was") {
  const auto account = std::make_shared<MemoryAccount>(0, ondol::Allocator{});
  {
    const Buffer a(account, 1000, "a");
    Buffer b(account, 3 << 20, "b");
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
    CHECK(account->used() == 1000 + (3 << 20));
    Buffer c = std::move(b);
    CHECK(account->used() == 1000 + (3 << 20));
    CHECK(c.size() == 3 << 20);
    c = Buffer(account, 10, "c");
    CHECK(account->used() == 1010);
  }
  CHECK(account->used() == 0);
  CHECK(account->peak() >= 1000 + (3 << 20));
}

TEST_CASE("memory account: the cap holds before anything is allocated") {
  int allocations = 0;
  MemoryAccount account(1000, {.allocate =
                                   [&](std::size_t bytes, std::size_t alignment) {
                                     ++allocations;
                                     return std::aligned_alloc(alignment,
                                                               (bytes + alignment - 1) / alignment * alignment);
                                   },
                               .release = [](void* memory, std::size_t) { std::free(memory); }});
  CHECK(status_of(account, 1000) == ondol::Status::ok);
  CHECK(status_of(account, 1001) == ondol::Status::out_of_memory);
  CHECK(status_of(account, std::numeric_limits<std::uint64_t>::max()) == ondol::Status::out_of_memory);
  CHECK(allocations == 1);
  std::byte* half = account.take(500, "half");
  CHECK(status_of(account, 501) == ondol::Status::out_of_memory);
  CHECK(status_of(account, std::numeric_limits<std::uint64_t>::max() - 100) == ondol::Status::out_of_memory);
  CHECK(status_of(account, 500) == ondol::Status::ok);
  CHECK_THROWS_WITH_AS((void)account.take(600, "the weights"), doctest::Contains("the weights: 600 bytes"),
                       ondol::Error);
  account.give_back(half, 500);
  CHECK(account.used() == 0);
}

TEST_CASE("memory account: an allocator that refuses is an error and counts nothing") {
  MemoryAccount account(0, {.allocate = [](std::size_t, std::size_t) -> void* { return nullptr; },
                            .release = [](void*, std::size_t) { FAIL("nothing was given"); }});
  CHECK(status_of(account, 100) == ondol::Status::out_of_memory);
  CHECK(account.used() == 0);
}

TEST_CASE("memory account: more than the system has is an error" * doctest::skip(sanitized)) {
  MemoryAccount account(0, ondol::Allocator{});
  CHECK(status_of(account, std::uint64_t(1) << 60) == ondol::Status::out_of_memory);
  CHECK(status_of(account, std::numeric_limits<std::uint64_t>::max()) == ondol::Status::out_of_memory);
  CHECK(account.used() == 0);
}

TEST_CASE("memory account: threads cannot overrun the cap together") {
  const auto account = std::make_shared<MemoryAccount>(10'000, ondol::Allocator{});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        try {
          const Buffer buffer(account, 4000, "one of many");
        } catch (const ondol::Error&) {
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(account->used() == 0);
  CHECK(account->peak() <= 10'000);
  CHECK(account->peak() >= 4000);
}
