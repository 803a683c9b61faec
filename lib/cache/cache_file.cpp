#include "cache/cache_file.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/fail.hpp"
#include "base/hash.hpp"
#include "cache/cache.hpp"
#include "files/replacing_file.hpp"

namespace ondol {
namespace {

struct Header {
  std::array<char, 8> magic{'O', 'N', 'D', 'O', 'L', 'K', 'V', '3'};
  std::uint64_t fingerprint = 0;
  std::uint64_t type = 0;
  std::uint64_t layers = 0;
  std::uint64_t length = 0;
  std::uint64_t planned = 0;
  std::uint64_t source = 0;
};

Header header_of(const CacheLayout& layout, std::size_t length, std::size_t planned, std::size_t source) {
  return {.fingerprint = layout.fingerprint,
          .type = static_cast<std::uint64_t>(layout.type),
          .layers = layout.layers.size(),
          .length = length,
          .planned = planned,
          .source = source};
}

/// Calls visit(bytes) for what a cache of its length holds, in the order of the file: of each layer the blocks, but for
/// those that have left the window, then an encoder's source, then the state.
template <class Visit>
void for_each_part(KVCache::Impl& cache, std::size_t length, Visit&& visit) {
  const CacheLayout& layout = cache.layout();
  const std::size_t blocks = (length + cache_block - 1) / cache_block;
  for (std::size_t layer = 0; layer < layout.layers.size(); ++layer) {
    if (layout.layers[layer].kv_heads > 0) {
      for (std::size_t block = layout.first_block(layer, length, window_slack); block < blocks; ++block) {
        visit(std::span(cache.keys(layer, block, 0), layout.block_bytes(layer)));
      }
    }
    if (const std::size_t source = layout.source_bytes(layer, cache.source_length())) {
      visit(std::span(cache.source_keys(layer), 2 * source));
    }
    const std::size_t state = layout.layers[layer].state;
    if (state > 0 && length > 0) visit(std::as_writable_bytes(std::span(cache.writable_state(layer), state)));
  }
}

void read_exactly(std::istream& in, void* data, std::size_t size, const std::string& where, const char* what) {
  in.read(static_cast<char*>(data), static_cast<std::streamsize>(size));
  if (static_cast<std::size_t>(in.gcount()) != size) {
    fail(Status::bad_file, fmt::format("{}: cut off in the {} of the saved cache", where, what));
  }
}

}  // namespace

void write_cache(std::ostream& out, const KVCache& cache, const std::string& where) {
  KVCache copy = cache;  // shares the blocks; for_each_part needs a mutable one
  const Header header = header_of(cache.impl().layout(), cache.length(), cache.impl().planned(),
                                  cache.impl().source_length());
  Hash64 hash;
  const auto put = [&](std::span<const std::byte> bytes) {
    hash.add(bytes);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  put(std::as_bytes(std::span(&header, 1)));
  for_each_part(copy.impl(), cache.length(), put);
  const std::uint64_t checksum = hash.value();
  out.write(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  if (!out) fail(Status::io, fmt::format("{}: writing failed: {}", where, std::strerror(errno)));
}

void read_cache(std::istream& in, KVCache& cache, const std::string& where) {
  const CacheLayout& layout = cache.impl().layout();
  Header found;
  read_exactly(in, &found, sizeof found, where, "header");
  if (found.magic != Header{}.magic) fail(Status::bad_file, fmt::format("{}: not a saved cache", where));
  const Header expected = header_of(layout, found.length, found.planned, found.source);
  if (std::memcmp(&found, &expected, sizeof found) != 0) {
    fail(Status::mismatch, fmt::format("{}: saved by another model, precision or cache type (fingerprint {:016x}, "
                                       "expected {:016x})",
                                       where, found.fingerprint, expected.fingerprint));
  }
  if (found.length > layout.context) {
    fail(Status::context_full,
         fmt::format("{}: holds {} positions, the context has {}", where, found.length, layout.context));
  }
  if (found.source > layout.source_context) {
    fail(Status::bad_file, fmt::format("{}: holds a source of {} positions, the model reads {}", where, found.source,
                                       layout.source_context));
  }
  KVCache fresh = cache;
  fresh.clear();
  fresh.impl().make_source(found.source);
  fresh.impl().make_room(found.length);
  Hash64 hash;
  hash.add(std::as_bytes(std::span(&found, 1)));
  for_each_part(fresh.impl(), found.length, [&](std::span<std::byte> bytes) {
    read_exactly(in, bytes.data(), bytes.size(), where, "blocks");
    hash.add(bytes);
  });
  std::uint64_t checksum = 0;
  read_exactly(in, &checksum, sizeof checksum, where, "checksum");
  if (checksum != hash.value()) fail(Status::bad_file, fmt::format("{}: damaged, the checksum does not match", where));
  fresh.impl().plan(found.planned);
  fresh.impl().restore(found.length);
  cache = std::move(fresh);
}

void KVCache::save(std::string_view path) const {
  ReplacingFile file{std::string(path)};
  write_cache(file.stream(), *this, file.part_path());
  file.finish();
}

void KVCache::load(std::string_view path) {
  const std::string where(path);
  std::ifstream in(where, std::ios::binary);
  if (!in) fail(errno == ENOENT ? Status::not_found : Status::io, fmt::format("{}: {}", where, std::strerror(errno)));
  KVCache fresh = *this;
  read_cache(in, fresh, where);
  if (in.peek() != std::ifstream::traits_type::eof()) {
    fail(Status::bad_file, fmt::format("{}: more bytes than a saved cache has", where));
  }
  *this = std::move(fresh);
}

}  // namespace ondol
