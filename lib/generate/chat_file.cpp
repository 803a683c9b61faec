#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/fail.hpp"
#include "base/hash.hpp"
#include "cache/cache_file.hpp"
#include "files/replacing_file.hpp"
#include "generate/chat.hpp"

namespace ondol {
namespace {

/// A saved chat: this header, the messages as JSON, the tokens of the cache, a checksum over these three, the cache.
struct Header {
  std::array<char, 8> magic{'O', 'N', 'D', 'O', 'L', 'C', 'H', '1'};
  std::uint64_t message_bytes = 0;
  std::uint64_t tokens = 0;
};

std::uint64_t checksum_of(const Header& header, std::string_view messages, std::span<const Token> tokens) {
  Hash64 hash;
  hash.add(std::as_bytes(std::span(&header, 1)));
  hash.add(messages);
  hash.add(std::as_bytes(tokens));
  return hash.value();
}

template <class T>
void write_all(std::ostream& out, const T* data, std::size_t count) {
  out.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(count * sizeof(T)));
}

template <class T>
void read_all(std::istream& in, T* data, std::size_t count, const std::string& where) {
  in.read(reinterpret_cast<char*>(data), static_cast<std::streamsize>(count * sizeof(T)));
  if (!in) fail(Status::bad_file, fmt::format("{}: the saved chat is cut off", where));
}

}  // namespace

void Chat::save(std::string_view path) const {
  impl_->require_idle("save");
  ReplacingFile file{std::string(path)};
  std::ostream& out = file.stream();
  const std::string text = messages();
  const Header header{.message_bytes = text.size(), .tokens = impl_->tokens.size()};
  const std::uint64_t checksum = checksum_of(header, text, impl_->tokens);
  write_all(out, &header, 1);
  write_all(out, text.data(), text.size());
  write_all(out, impl_->tokens.data(), impl_->tokens.size());
  write_all(out, &checksum, 1);
  write_cache(out, impl_->cache, file.part_path());
  file.finish();
}

void Chat::load(std::string_view path) {
  impl_->require_idle("load");
  const std::string where(path);
  std::ifstream in(where, std::ios::binary);
  if (!in) fail(errno == ENOENT ? Status::not_found : Status::io, fmt::format("{}: {}", where, std::strerror(errno)));
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(where, error);
  if (error) fail(Status::io, fmt::format("{}: {}", where, error.message()));

  Header header;
  read_all(in, &header, 1, where);
  if (header.magic != Header{}.magic) fail(Status::bad_file, fmt::format("{}: not a saved chat", where));
  if (header.message_bytes > size || header.tokens > (size - header.message_bytes) / sizeof(Token)) {
    fail(Status::bad_file, fmt::format("{}: says {} bytes of messages and {} tokens, but has {} bytes", where,
                                       header.message_bytes, header.tokens, size));
  }
  std::string text(header.message_bytes, '\0');
  std::vector<Token> tokens(header.tokens);
  std::uint64_t checksum = 0;
  read_all(in, text.data(), text.size(), where);
  read_all(in, tokens.data(), tokens.size(), where);
  read_all(in, &checksum, 1, where);
  if (checksum != checksum_of(header, text, tokens)) {
    fail(Status::bad_file, fmt::format("{}: damaged, the checksum does not match", where));
  }
  KVCache cache = impl_->model.new_cache();
  read_cache(in, cache, where);
  if (cache.length() != tokens.size() || in.peek() != std::ifstream::traits_type::eof()) {
    fail(Status::bad_file, fmt::format("{}: {} tokens and a cache of {} positions do not belong together", where,
                                       tokens.size(), cache.length()));
  }
  const Json parsed = Json::parse(text, where);
  const bool good = parsed.is_array() && std::all_of(parsed.items().begin(), parsed.items().end(), [](const Json& m) {
                      const Json* role = m.find("role");
                      return role && role->is_string();
                    });
  if (!good) fail(Status::bad_file, fmt::format("{}: expected an array of messages with roles", where));
  impl_->messages = parsed.items();
  impl_->cache = std::move(cache);
  impl_->tokens = std::move(tokens);
}

}  // namespace ondol
