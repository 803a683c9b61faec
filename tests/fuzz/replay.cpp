// The main program of a fuzz target where there is no libFuzzer: replays the files given, or else the target's seeds as
// they are and then mutated. Input number i depends on --seed and i only. An input that kills the program or does not
// end is left in ./crash-input.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "target.hpp"

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*)());

namespace {

constexpr unsigned seconds_an_input = 10;
std::string input;

void save_input() {
  const int fd = ::open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return;
  for (std::string_view rest = input; !rest.empty();) {
    const ssize_t done = ::write(fd, rest.data(), rest.size());
    if (done <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(done));
  }
  ::close(fd);
}

void on_signal(int signal) {
  save_input();
  ::_exit(128 + signal);
}

void run() {
  ::alarm(seconds_an_input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  ::alarm(0);
}

/// One to four changes: bits, interesting numbers, cut, doubled, dropped or foreign pieces.
std::string mutate(std::string bytes, const std::vector<std::string>& seeds, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    // Half of the changes fall on the first kibibytes, where headers are.
    const std::size_t range = below(2) == 0 ? std::min<std::size_t>(bytes.size(), 4096) : bytes.size();
    const std::size_t at = below(range);
    const std::size_t length = std::min(below(64), bytes.size() - at);
    switch (below(7)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
        break;
      case 1: {
        constexpr std::uint64_t odd[] = {0,          1,          0x7F,       0x80,       0xFFFF,
                                         1ull << 31, 1ull << 32, ~0ull >> 1, 1ull << 63, ~0ull};
        const std::uint64_t number = odd[below(std::size(odd))];
        for (std::size_t i = 0; i < std::min<std::size_t>(8, bytes.size() - at); ++i) {
          bytes[at + i] = static_cast<char>(number >> 8 * i);
        }
        break;
      }
      case 2: bytes.erase(at, length); break;
      case 3: bytes.insert(at, bytes.substr(at, length)); break;
      case 4: bytes.resize(at); break;
      case 5: bytes.replace(at, length, length, static_cast<char>(random())); break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        bytes.insert(at, other.substr(below(other.size()), below(64)));
      }
    }
  }
  return bytes;
}

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path);
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 1000;
  std::uint64_t seed = 1;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if ((word == "--runs" || word == "--seed") && i + 1 < argc) {
      (word == "--runs" ? runs : seed) = std::strtoull(argv[++i], nullptr, 10);
    } else {
      files.push_back(read(argv[i]));
    }
  }
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(save_input);
  } else {
    std::signal(SIGSEGV, on_signal);
    std::signal(SIGBUS, on_signal);
    std::signal(SIGFPE, on_signal);
  }
  std::signal(SIGABRT, on_signal);
  std::signal(SIGALRM, on_signal);

  const bool mutating = files.empty();
  const std::vector<std::string> seeds = mutating ? fuzz_seeds() : std::move(files);
  for (const std::string& bytes : seeds) {
    input = bytes;
    run();
  }
  if (!mutating) return 0;
  for (std::uint64_t i = 0; i < runs; ++i) {
    std::mt19937_64 random(seed * 0x9E3779B97F4A7C15u + i);
    input = mutate(seeds[random() % seeds.size()], seeds, random);
    run();
  }
  std::printf("%zu seeds and %llu mutations survived\n", seeds.size(), static_cast<unsigned long long>(runs));
  return 0;
}
