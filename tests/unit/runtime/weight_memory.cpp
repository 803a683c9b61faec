#include "runtime/weight_memory.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <thread>
#include <vector>

using ondol::WeightMemory;

namespace {

struct Piece {
  std::byte* memory;
  std::uint64_t bytes;
  unsigned char mark;

  [[nodiscard]] bool holds_mark() const {
    return std::all_of(memory, memory + bytes, [this](std::byte b) { return b == std::byte{mark}; });
  }
};

/// Whether the system still holds the page at this address.
bool is_mapped(const std::byte* at) {
  auto* page = reinterpret_cast<std::byte*>(reinterpret_cast<std::uintptr_t>(at) / 4096 * 4096);
  return ::msync(page, 4096, MS_ASYNC) == 0;
}

}  // namespace

TEST_CASE("weight memory: pieces are aligned, zero, apart, and stay as they are while others come and go") {
  WeightMemory memory;
  std::mt19937 random(1);
  std::vector<Piece> pieces;
  for (int i = 0; i < 400; ++i) {
    const std::uint64_t bytes = 1 + random() % (i % 20 == 0 ? 9'000'000 : 70'000);
    std::byte* at = memory.take(bytes);
    REQUIRE(at);
    CHECK(reinterpret_cast<std::uintptr_t>(at) % 64 == 0);
    CHECK(at[0] == std::byte{0});
    CHECK(at[bytes - 1] == std::byte{0});
    pieces.push_back({at, bytes, static_cast<unsigned char>(i % 250 + 1)});
    std::memset(at, pieces.back().mark, bytes);
    if (i % 3 == 2) {
      std::swap(pieces[random() % pieces.size()], pieces.back());
      CHECK(pieces.back().holds_mark());
      memory.give_back(pieces.back().memory, pieces.back().bytes);
      pieces.pop_back();
    }
  }
  for (const Piece& piece : pieces) {
    CHECK(piece.holds_mark());
    memory.give_back(piece.memory, piece.bytes);
  }
}

TEST_CASE("weight memory: a region goes with its last piece") {
  WeightMemory memory;
  std::byte* first = memory.take(100'000);
  std::byte* second = memory.take(100'000);
  CHECK(second == first + 100'032);  // one behind the other
  std::byte* large = memory.take(200'000'000);
  memory.give_back(first, 100'000);
  CHECK(is_mapped(first));
  CHECK(first[50'000] == std::byte{0});  // its pages went
  memory.give_back(second, 100'000);
  CHECK_FALSE(is_mapped(first));
  CHECK(is_mapped(large));
  memory.give_back(large, 200'000'000);
  CHECK_FALSE(is_mapped(large));
}

TEST_CASE("weight memory: more than there is") {
  WeightMemory memory;
  CHECK(memory.take(std::uint64_t{1} << 60) == nullptr);
  CHECK(memory.take(std::numeric_limits<std::uint64_t>::max()) == nullptr);
  std::byte* some = memory.take(1);
  CHECK(some != nullptr);
  memory.give_back(some, 1);
}

TEST_CASE("weight memory: threads take and give back together") {
  WeightMemory memory;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&memory, t] {
      for (unsigned i = 0; i < 500; ++i) {
        const Piece piece{memory.take(1 + i * 97), 1 + i * 97, static_cast<unsigned char>(t + 1)};
        std::memset(piece.memory, piece.mark, piece.bytes);
        CHECK(piece.holds_mark());
        memory.give_back(piece.memory, piece.bytes);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}
