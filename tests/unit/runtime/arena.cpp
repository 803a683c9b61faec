#include "runtime/arena.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "ondol/error.hpp"

TEST_CASE("arena: aligned, disjoint, given back at the end of the scope") {
  const auto account = std::make_shared<ondol::MemoryAccount>(0, ondol::Allocator{});
  ondol::Arena arena(account);
  void* first = nullptr;
  {
    const ondol::Arena::Scope outer(arena);
    auto* a = arena.take<float>(3);
    first = a;
    a[2] = 7.0f;
    void* inner_first = nullptr;
    {
      const ondol::Arena::Scope inner(arena);
      auto* b = arena.take<std::byte>(1);
      inner_first = b;
      auto* c = arena.take<float>(5'000'000);  // a chunk of its own
      std::memset(c, 0xFF, 5'000'000 * sizeof(float));
      auto* d = arena.take<double>(0);
      for (const void* p :
           {static_cast<void*>(a), static_cast<void*>(b), static_cast<void*>(c), static_cast<void*>(d)}) {
        CHECK(reinterpret_cast<std::uintptr_t>(p) % 64 == 0);
      }
      *b = std::byte{1};
      CHECK(a[2] == 7.0f);
    }
    CHECK(arena.take<std::byte>(1) == inner_first);
  }
  const ondol::Arena::Scope again(arena);
  CHECK(static_cast<void*>(arena.take<float>(3)) == first);
}

TEST_CASE("arena: the steady state allocates nothing, release gives all back") {
  const auto account = std::make_shared<ondol::MemoryAccount>(0, ondol::Allocator{});
  ondol::Arena arena(account);
  const auto pass = [&] {
    const ondol::Arena::Scope scope(arena);
    for (int i = 0; i < 20; ++i) (void)arena.take<float>(100'000 + 7'777 * i);
  };
  pass();
  const std::uint64_t used = account->used();
  for (int i = 0; i < 10; ++i) pass();
  CHECK(account->used() == used);
  CHECK(account->peak() == used);
  arena.release();
  CHECK(account->used() == 0);
  pass();
  CHECK(account->used() > 0);
}

TEST_CASE("arena: the cap gives an error and leaves the arena usable") {
  const auto account = std::make_shared<ondol::MemoryAccount>(4u << 20, ondol::Allocator{});
  ondol::Arena arena(account);
  const ondol::Arena::Scope scope(arena);
  CHECK_THROWS_WITH_AS((void)arena.take<std::byte>(8u << 20), doctest::Contains("scratch memory"), ondol::Error);
  CHECK(account->used() == 0);
  CHECK(arena.take<std::byte>(1u << 20) != nullptr);
}
