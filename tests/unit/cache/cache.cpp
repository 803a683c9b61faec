#include "cache/cache.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "data.hpp"
#include "ondol/error.hpp"

namespace {

using namespace ondol;

struct Setup {
  std::shared_ptr<MemoryAccount> memory = std::make_shared<MemoryAccount>(0, Allocator{});
  std::shared_ptr<CacheLayout> layout = std::make_shared<CacheLayout>(CacheLayout{
      .fingerprint = 42, .layers = 3, .kv_heads = 2, .head_dim = 32, .context = 500, .type = CacheType::f16});
  KVCache cache() { return make_cache(layout, memory); }
};

/// Appends `count` positions and marks each layer's block of the last one.
void grow(KVCache& cache, std::size_t count, char mark) {
  cache.impl().make_room(count);
  for (std::size_t layer = 0; layer < cache.impl().layout().layers; ++layer) {
    const std::size_t block = (cache.length() + count - 1) / cache_block;
    std::memset(cache.impl().writable_keys(layer, block, 0), mark, 16);
    std::memset(cache.impl().writable_values(layer, block, 1), mark + 1, 16);
  }
  cache.impl().commit(count);
}

char key_mark(const KVCache& cache, std::size_t layer, std::size_t block) {
  return static_cast<char>(*cache.impl().keys(layer, block, 0));
}

}  // namespace

TEST_CASE("cache: bytes follow the length in blocks of 64 positions") {
  Setup setup;
  KVCache cache = setup.cache();
  CHECK(cache.bytes() == 0);
  grow(cache, 1, 'a');
  const std::uint64_t block = 3u * 2 * 2 * 64 * 32 * 2;  // layers, key and value, heads, positions, dimensions, bytes
  CHECK(cache.bytes() == block);
  grow(cache, 63, 'a');
  CHECK(cache.bytes() == block);
  grow(cache, 1, 'b');
  CHECK(cache.bytes() == 2 * block);
  CHECK(setup.memory->used() == 2 * block);
  cache.truncate(64);
  CHECK(cache.bytes() == block);
  CHECK(setup.memory->used() == block);
  CHECK_THROWS_WITH_AS(cache.truncate(65), doctest::Contains("holds 64 positions"), Error);
  cache.clear();
  CHECK(setup.memory->used() == 0);
}

TEST_CASE("cache: bytes a position of each type (EXAMPLES T21)") {
  // SmolLM2: 30 layers, 3 kv heads of 64.
  const auto bytes = [](CacheType type) {
    return CacheLayout{.layers = 30, .kv_heads = 3, .head_dim = 64, .context = 8192, .type = type}.position_bytes();
  };
  CHECK(bytes(CacheType::f16) == 23'040);
  CHECK(bytes(CacheType::bf16) == 23'040);
  CHECK(bytes(CacheType::f32) * 8192 == 377'487'360);
  CHECK(bytes(CacheType::q8_0) * 8192 == 100'270'080);
}

TEST_CASE("cache: a fork shares blocks until one side writes") {
  Setup setup;
  KVCache one = setup.cache();
  grow(one, 100, 'a');
  const std::uint64_t before = setup.memory->used();
  KVCache two = one.fork();
  CHECK(setup.memory->used() == before);
  grow(two, 1, 'b');
  CHECK(setup.memory->used() == before + before / 2);  // the second block only
  CHECK(key_mark(one, 0, 1) == 'a');
  CHECK(key_mark(two, 0, 1) == 'b');
  CHECK(one.length() == 100);
  CHECK(two.length() == 101);
  KVCache moved = std::move(two);
  CHECK_THROWS_AS(two.truncate(0), Error);
  CHECK(two.length() == 0);
  CHECK(moved.length() == 101);
}

TEST_CASE("cache: a saved file comes back bit for bit, a damaged or foreign one changes nothing") {
  Setup setup;
  KVCache cache = setup.cache();
  grow(cache, 100, 'k');
  const auto path = std::filesystem::temp_directory_path() / ("ondol-cache-" + std::to_string(::getpid()));
  cache.save(path.string());
  KVCache back = setup.cache();
  back.load(path.string());
  REQUIRE(back.length() == 100);
  for (std::size_t layer = 0; layer < 3; ++layer) {
    for (std::size_t block = 0; block < 2; ++block) {
      CHECK(std::memcmp(back.impl().keys(layer, block, 0), cache.impl().keys(layer, block, 0),
                        setup.layout->block_bytes()) == 0);
    }
  }

  const std::string whole = test::read(path);
  const auto refused = [&](const std::string& bytes, Status code) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    KVCache other = setup.cache();
    grow(other, 5, 'x');
    try {
      other.load(path.string());
      FAIL("expected an error");
    } catch (const Error& e) {
      CHECK(e.code() == code);
      CHECK(std::string(e.what()).find(path.string()) != std::string::npos);
    }
    CHECK(other.length() == 5);
    CHECK(key_mark(other, 0, 0) == 'x');
  };
  for (std::size_t at = 56; at < whole.size(); at += whole.size() / 37) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    CAPTURE(at);
    refused(damaged, Status::bad_file);
  }
  for (std::size_t size = 0; size < whole.size(); size += whole.size() / 23)
    refused(whole.substr(0, size), Status::bad_file);
  refused(whole + "x", Status::bad_file);
  refused("something else altogether, and long enough for a header", Status::bad_file);
  std::string foreign = whole;
  foreign[8] = 7;  // the fingerprint
  refused(foreign, Status::mismatch);
  std::string longer = whole;
  longer[49] = 127;  // the length
  refused(longer, Status::context_full);
  std::filesystem::remove(path);
  KVCache missing = setup.cache();
  CHECK_THROWS_AS(missing.load(path.string()), Error);
}

TEST_CASE("cache: the memory limit is an error and loses nothing") {
  Setup setup;
  const std::uint64_t block = setup.layout->block_bytes();
  setup.memory = std::make_shared<MemoryAccount>(4 * block, Allocator{});
  KVCache cache = setup.cache();
  grow(cache, 64, 'a');
  CHECK_THROWS_WITH_AS(cache.impl().make_room(1), doctest::Contains("memory limit"), Error);
  CHECK(cache.length() == 64);
  CHECK(key_mark(cache, 2, 0) == 'a');
  cache.clear();
  CHECK(setup.memory->used() == 0);
}
