#include "base/mapped_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/fail.hpp"

namespace ondol {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(std::string_view given) {
  std::string path(given);
  if (path.find('\0') != std::string::npos) fail(Status::invalid_argument, "path holds a NUL byte");
  // Without O_NONBLOCK a named pipe would wait for its writer.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    const Status code = errno == ENOENT || errno == ENOTDIR ? Status::not_found : Status::io;
    fail(code, fmt::format("{}: {}", path, std::strerror(errno)));
  }
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) fail(Status::io, fmt::format("{}: {}", path, std::strerror(errno)));
  if (!S_ISREG(info.st_mode)) fail(Status::bad_file, fmt::format("{}: not a regular file", path));
  if (info.st_size == 0) fail(Status::bad_file, fmt::format("{}: the file is empty", path));
  const auto size = static_cast<std::size_t>(info.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) fail(Status::io, fmt::format("{}: mmap: {}", path, std::strerror(errno)));
  return std::shared_ptr<const MappedFile>(new MappedFile(std::move(path), static_cast<const std::byte*>(data), size));
}

MappedFile::~MappedFile() { ::munmap(const_cast<std::byte*>(data_), size_); }

void MappedFile::release(std::span<const std::byte> part) const noexcept {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(part.data()) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(part.data() + part.size()) / page * page;
  if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace ondol
