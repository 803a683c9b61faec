#pragma once

#include <iosfwd>
#include <string>

#include "ondol/kv_cache.hpp"

namespace ondol {

/// A cache as bytes: a header that names model, type and shape, the used blocks of each layer, a checksum over all.
/// `where` names the file in messages.
/// @throws Error io.
void write_cache(std::ostream& out, const KVCache& cache, const std::string& where);
/// Replaces `cache`; unchanged if it throws. Allocates by the cache's own layout, never by numbers in the stream.
/// @throws Error io, bad_file, mismatch, context_full, out_of_memory.
void read_cache(std::istream& in, KVCache& cache, const std::string& where);

}  // namespace ondol
