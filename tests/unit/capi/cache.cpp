#include "capi/client.hpp"
#include "temp.hpp"

using namespace test;

TEST_CASE("a cache is truncated, forked, saved and loaded, and goes on bit for bit") {
  const auto model = load();
  const auto whole = cache(model.get());
  const Ids start = {1, 403, 407, 261, 378}, rest = {432, 383};
  (void)last_logits(model.get(), whole.get(), start);
  CHECK(length(whole.get()) == 5);
  std::int64_t context = 0;
  succeed([&](auto** error) { return ondol_cache_context(whole.get(), &context, error); });
  CHECK(context == 512);
  std::uint64_t bytes = 0;
  succeed([&](auto** error) { return ondol_cache_bytes(whole.get(), &bytes, error); });
  CHECK(bytes > 0);

  const TempFolder folder;
  const std::string path = folder.path("한글.cache");
  succeed([&](auto** error) { return ondol_cache_save(whole.get(), path.c_str(), -1, error); });
  const auto fork =
      make<ondol_cache>([&](auto** out, auto** error) { return ondol_cache_fork(whole.get(), out, error); });
  const std::vector<float> expected = last_logits(model.get(), whole.get(), rest);
  CHECK(length(fork.get()) == 5);
  CHECK(last_logits(model.get(), fork.get(), rest) == expected);

  succeed([&](auto** error) { return ondol_cache_truncate(fork.get(), 5, error); });
  CHECK(last_logits(model.get(), fork.get(), rest) == expected);
  CHECK(outcome([&](auto** error) { return ondol_cache_truncate(fork.get(), 8, error); }).status ==
        ONDOL_INVALID_ARGUMENT);
  CHECK(outcome([&](auto** error) { return ondol_cache_truncate(fork.get(), -1, error); }).status ==
        ONDOL_INVALID_ARGUMENT);

  const auto loaded = cache(model.get());
  succeed([&](auto** error) { return ondol_cache_load(loaded.get(), path.c_str(), -1, error); });
  CHECK(last_logits(model.get(), loaded.get(), rest) == expected);

  const auto other = load(data("quantised/tiny-F32.gguf").string());
  const auto foreign = cache(other.get());
  CHECK(outcome([&](auto** error) { return ondol_cache_load(foreign.get(), path.c_str(), -1, error); }).status ==
        ONDOL_MISMATCH);
  std::string damaged = read(path);
  damaged[damaged.size() / 2] ^= 1;
  const std::string bad = folder.write("bad", damaged);
  CHECK(outcome([&](auto** error) { return ondol_cache_load(loaded.get(), bad.c_str(), -1, error); }).status ==
        ONDOL_BAD_FILE);
  CHECK(length(loaded.get()) == 7);
}
