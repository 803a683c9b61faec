#include "files/replacing_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/fail.hpp"

namespace ondol {
namespace {

/// Other writers of the same file, in this process or another, have another number.
std::string unique() {
  static std::atomic<unsigned> writers{0};
  return fmt::format("{}-{}", getpid(), writers++);
}

}  // namespace

ReplacingFile::ReplacingFile(std::string path) : path_(std::move(path)), part_(fmt::format("{}.{}.part", path_, unique())) {
  out_.open(part_, std::ios::binary | std::ios::trunc);
  if (!out_) fail(Status::io, fmt::format("{}: {}", part_, std::strerror(errno)));
}

ReplacingFile::~ReplacingFile() {
  if (finished_) return;
  out_.close();
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

void ReplacingFile::put(std::span<const std::byte> bytes) {
  out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out_) fail(Status::io, fmt::format("{}: writing failed: {}", part_, std::strerror(errno)));
  size_ += bytes.size();
}

void ReplacingFile::pad(std::uint64_t alignment) {
  static constexpr std::array<std::byte, 64> zeros{};
  while (size_ % alignment != 0) put(std::span(zeros).first(std::min(zeros.size(), alignment - size_ % alignment)));
}

void ReplacingFile::finish() {
  out_.close();
  if (!out_) fail(Status::io, fmt::format("{}: writing failed: {}", part_, std::strerror(errno)));
  std::error_code error;
  std::filesystem::rename(part_, path_, error);
  if (error) fail(Status::io, fmt::format("{}: {}", path_, error.message()));
  finished_ = true;
}

}  // namespace ondol
