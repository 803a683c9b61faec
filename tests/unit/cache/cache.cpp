#include "cache/cache.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "blocks/mamba.hpp"
#include "data.hpp"
#include "ondol/error.hpp"

namespace {

using namespace ondol;

struct Setup {
  std::shared_ptr<MemoryAccount> memory = std::make_shared<MemoryAccount>(0, Allocator{});
  std::shared_ptr<CacheLayout> layout = std::make_shared<CacheLayout>(
      CacheLayout{.fingerprint = 42,
                  .layers = std::vector<LayerCache>(3, {.kv_heads = 2, .key_dim = 32, .value_dim = 32}),
                  .context = 500,
                  .type = CacheType::f16});
  KVCache cache() { return make_cache(layout, memory); }
};

/// Appends `count` positions and marks each layer's block of the last one.
void grow(KVCache& cache, std::size_t count, char mark) {
  cache.impl().make_room(count);
  for (std::size_t layer = 0; layer < cache.impl().layout().layers.size(); ++layer) {
    const std::size_t block = (cache.length() + count - 1) / cache_block;
    std::memset(cache.impl().keys(layer, block, 0), mark, 16);
    std::memset(cache.impl().values(layer, block, 1), mark + 1, 16);
  }
  cache.impl().commit(count);
}

char key_mark(KVCache& cache, std::size_t layer, std::size_t block) {
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
    const std::vector<LayerCache> layers(30, {.kv_heads = 3, .key_dim = 64, .value_dim = 64});
    return CacheLayout{.layers = layers, .context = 8192, .type = type}.position_bytes();
  };
  CHECK(bytes(CacheType::f16) == 23'040);
  CHECK(bytes(CacheType::bf16) == 23'040);
  CHECK(bytes(CacheType::f32) * 8192 == 377'487'360);
  CHECK(bytes(CacheType::q8_0) * 8192 == 100'270'080);
}

TEST_CASE("cache: bytes of long contexts (EXAMPLES T21)") {
  const auto layout = [](std::size_t count, const LayerCache& layer, CacheType type = CacheType::f16) {
    return CacheLayout{.layers = std::vector<LayerCache>(count, layer), .context = 1u << 30, .type = type};
  };
  const LayerCache llama{.kv_heads = 8, .key_dim = 128, .value_dim = 128};
  CHECK(layout(32, llama).bytes_at(131'072) == 17'179'869'184);
  CHECK(layout(32, llama, CacheType::q8_0).bytes_at(131'072) == 9'126'805'504);
  CHECK(layout(48, llama).bytes_at(10'000'000) == 1'966'080'000'000);
  const LayerCache latent{.kv_heads = 1, .key_dim = 512 + 64};
  CHECK(layout(61, latent).position_bytes() == 70'272);
  CHECK(layout(61, latent).bytes_at(131'072) == 9'210'691'584);

  // Blocks may be seen in part; what is kept for going back is told apart.
  const auto part = [](std::size_t layers) { return cache_block * layers * 4096; };
  LayerCache windowed = llama;
  windowed.window = 4096;
  for (const std::uint64_t length : {4096u, 5000u, 131'072u, 10'000'000u}) {
    CAPTURE(length);
    CHECK(layout(32, windowed).bytes_at(length) >= 536'870'912);
    CHECK(layout(32, windowed).bytes_at(length) <= 536'870'912 + part(32));
  }
  CacheLayout scout = layout(48, llama);
  for (std::size_t i = 0; i < 48; ++i) scout.layers[i].window = i % 4 == 3 ? 0 : 8192;
  CHECK(scout.bytes_at(10'000'000) >= 492'727'959'552);
  CHECK(scout.bytes_at(10'000'000) <= 492'727'959'552 + part(36));

  // A state has one size whatever the text's length; spare are the one that a pass writes, and checkpoints.
  const std::size_t state = Mamba::Shape{.channels = 1536, .states = 16, .rank = 48, .kernel = 4}.state_size();
  const CacheLayout mamba = layout(24, {.state = state});
  constexpr std::uint64_t states = 2'801'664;
  CHECK(24 * state * sizeof(float) == states);
  CHECK(mamba.position_bytes() == 0);
  CHECK(mamba.bytes_at(10'000'000) == 0);
  CHECK(mamba.state_bytes() == states);
  CHECK(mamba.spare_bytes_at(1) == states);
  CHECK(mamba.spare_bytes_at(10'000'000) == (1 + most_checkpoints) * states);
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
                        setup.layout->block_bytes(0)) == 0);
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
  for (std::size_t at = 48; at < whole.size(); at += whole.size() / 37) {
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
  longer[33] = 127;  // the length
  refused(longer, Status::context_full);
  std::filesystem::remove(path);
  KVCache missing = setup.cache();
  CHECK_THROWS_AS(missing.load(path.string()), Error);
}

TEST_CASE("cache: the memory limit is an error and loses nothing") {
  Setup setup;
  const std::uint64_t block = setup.layout->block_bytes(0);
  setup.memory = std::make_shared<MemoryAccount>(4 * block, Allocator{});
  KVCache cache = setup.cache();
  grow(cache, 64, 'a');
  CHECK_THROWS_WITH_AS(cache.impl().make_room(1), doctest::Contains("memory limit"), Error);
  CHECK(cache.length() == 64);
  CHECK(key_mark(cache, 2, 0) == 'a');
  cache.clear();
  CHECK(setup.memory->used() == 0);
}

TEST_CASE("cache: layers with a window hold what it sees and a little more, and say how far back they can go") {
  Setup setup;
  setup.layout->context = 100'000;
  setup.layout->layers[1].window = 128;
  KVCache cache = setup.cache();
  for (std::size_t i = 0; i < 100; ++i) grow(cache, 64, static_cast<char>(i));
  const std::uint64_t block = setup.layout->block_bytes(0);
  CHECK(cache.bytes() == setup.layout->bytes_at(6400));
  CHECK(cache.bytes() == (2 * 100 + 2) * block);
  CHECK(setup.memory->used() == cache.bytes() + setup.layout->spare_bytes_at(6400));
  CHECK(setup.layout->spare_bytes_at(6400) == 4 * block);
  CHECK(cache.impl().keys(1, 93, 0) == nullptr);
  CHECK(key_mark(cache, 1, 94) == 94);
  CHECK(key_mark(cache, 0, 0) == 0);
  CHECK(cache.reachable(6200) == 6200);
  CHECK(cache.reachable(6000) == 0);
  CHECK_THROWS_WITH_AS(cache.truncate(6000), doctest::Contains("cannot go back from 6400 positions to 6000"), Error);
  CHECK(cache.length() == 6400);
  KVCache fork = cache;
  fork.truncate(6200);
  CHECK(fork.length() == 6200);
  const auto path = std::filesystem::temp_directory_path() / ("ondol-window-" + std::to_string(::getpid()));
  cache.save(path.string());
  KVCache back = setup.cache();
  back.load(path.string());
  CHECK(back.bytes() == cache.bytes());
  CHECK(key_mark(back, 1, 95) == 95);
  std::filesystem::remove(path);
  cache.clear();
  fork.clear();
  back.clear();
  CHECK(setup.memory->used() == 0);
}

TEST_CASE("cache: of states and windows together, a checkpoint counts if the window reaches it too") {
  Setup setup;
  setup.layout->context = 100'000;
  setup.layout->layers[1].window = 128;
  setup.layout->layers[2] = {.state = 10};
  KVCache cache = setup.cache();
  const auto grow_by = [&](std::size_t count) {
    cache.impl().make_room(count);
    cache.impl().commit(count);
  };
  for (std::size_t i = 0; i < 100; ++i) grow_by(64);
  // Held of the window: blocks from (6400 - 128 - 256) / 64 = 94 on. Checkpoints: .., 5888, 6144, 6400.
  CHECK(cache.reachable(6399) == 6144);
  grow_by(50);
  CHECK(cache.reachable(6399) == 6144);
  CHECK(cache.reachable(6143) == 0);  // 5888 sees block 90
  KVCache fork = cache;
  fork.truncate(6144);
  CHECK(fork.length() == 6144);
  CHECK_THROWS_WITH_AS(cache.truncate(6000), doctest::Contains("the nearest before it is 0"), Error);
  grow_by(14 + 50);  // 6514: blocks from 95 on; 6144 sees block 94
  CHECK(cache.reachable(6399) == 0);
  CHECK(cache.reachable(6400) == 6400);
}

TEST_CASE("cache: states are values that forks, files and checkpoints keep") {
  Setup setup;
  setup.layout->context = 100'000;
  setup.layout->layers[1] = {.state = 10};
  // A state that says how many positions it has seen.
  const auto feed = [](KVCache& cache, std::size_t count, float seen) {
    cache.impl().make_room(count);
    cache.impl().next_state(1)[3] = cache.impl().state(1)[3] + seen;
    cache.impl().commit(count);
  };
  KVCache cache = setup.cache();
  for (int i = 0; i < 8; ++i) feed(cache, 100, 100);
  CHECK(cache.impl().state(1)[3] == 800);
  KVCache fork = cache;
  feed(fork, 1, 1);
  CHECK(fork.impl().state(1)[3] == 801);
  CHECK(cache.impl().state(1)[3] == 800);
  cache.impl().make_room(5);  // a pass that fails
  cache.impl().next_state(1)[3] = -1;
  cache.impl().roll_back();
  CHECK(cache.impl().state(1)[3] == 800);
  CHECK(cache.reachable(799) == 600);
  CHECK(cache.reachable(599) == 300);
  CHECK(cache.reachable(299) == 0);
  CHECK_THROWS_WITH_AS(cache.truncate(700), doctest::Contains("nearest before it is 600"), Error);
  const auto path = std::filesystem::temp_directory_path() / ("ondol-state-" + std::to_string(::getpid()));
  cache.save(path.string());
  KVCache back = setup.cache();
  back.load(path.string());
  CHECK(back.impl().state(1)[3] == 800);
  feed(back, 10, 10);
  CHECK(back.impl().state(1)[3] == 810);
  std::filesystem::remove(path);
  cache.truncate(300);
  CHECK(cache.impl().state(1)[3] == 300);
  feed(cache, 2, 2);
  CHECK(cache.impl().state(1)[3] == 302);
  cache.truncate(300);
  CHECK(cache.impl().state(1)[3] == 300);
  cache.truncate(0);
  feed(cache, 3, 3);
  CHECK(cache.impl().state(1)[3] == 3);
}
