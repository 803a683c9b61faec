#include "handles.hpp"

using namespace ondol;
using namespace ondol::capi;

extern "C" {

ondol_status ondol_cache_new(const ondol_model* model, ondol_cache** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = hold(model, "model");
    require(out, "out");
    give(out, held->value.new_cache());
  });
}

ondol_status ondol_cache_length(const ondol_cache* cache, int64_t* out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(cache, "cache");
    require(out, "out");
    *out = static_cast<int64_t>(held->value.length());
  });
}

ondol_status ondol_cache_context(const ondol_cache* cache, int64_t* out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(cache, "cache");
    require(out, "out");
    *out = static_cast<int64_t>(held->value.context());
  });
}

ondol_status ondol_cache_bytes(const ondol_cache* cache, uint64_t* out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(cache, "cache");
    require(out, "out");
    *out = held->value.bytes();
  });
}

ondol_status ondol_cache_truncate(ondol_cache* cache, int64_t length, ondol_error** error) {
  return guard(__func__, error, [&] { use(cache, "cache")->value.truncate(count_in(length, "length")); });
}

ondol_status ondol_cache_fork(const ondol_cache* cache, ondol_cache** out, ondol_error** error) {
  return guard(__func__, error, [&] {
    const auto held = use(cache, "cache");
    require(out, "out");
    give(out, held->value.fork());
  });
}

ondol_status ondol_cache_save(const ondol_cache* cache, const char* path, int64_t path_size, ondol_error** error) {
  return guard(__func__, error, [&] { use(cache, "cache")->value.save(path_in(path, path_size)); });
}

ondol_status ondol_cache_load(ondol_cache* cache, const char* path, int64_t path_size, ondol_error** error) {
  return guard(__func__, error, [&] { use(cache, "cache")->value.load(path_in(path, path_size)); });
}

void ondol_cache_free(ondol_cache* cache) { release(cache); }

}  // extern "C"
