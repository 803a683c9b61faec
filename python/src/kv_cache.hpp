#pragma once

#include "exclusive.hpp"
#include "ondol/kv_cache.hpp"

namespace ondol::python {

/// What Python calls a KVCache.
using Cache = Exclusive<KVCache>;
inline Cache::Use use(Cache& cache) { return cache.use("cache"); }

}  // namespace ondol::python
