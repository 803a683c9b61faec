// The machine's limits as JSON: machine_limits THREADS... [bytes=1073741824]
// c++ -O3 -std=c++20 -pthread machine_limits.cpp limits.cpp is all that it takes to build.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "limits.hpp"

using namespace ondol::bench;

int main(int count, char** arguments) {
  std::size_t bytes = std::size_t{1} << 30;
  const char* between = "[";
  for (int i = 1; i < count; ++i) {
    if (std::strncmp(arguments[i], "bytes=", 6) == 0) {
      bytes = std::strtoull(arguments[i] + 6, nullptr, 10);
      continue;
    }
    const int threads = std::atoi(arguments[i]);
    if (threads < 1 || threads > 4096 || bytes < (std::size_t{1} << 20)) {
      std::fprintf(stderr, "machine_limits: %s: expected 1 to 4096 threads and at least 1 MiB\n", arguments[i]);
      return 2;
    }
    std::printf("%s{\"threads\": %d, \"read_gbs\": %.2f, \"peaks\": [", between, threads,
                read_bandwidth(threads, bytes));
    between = ",\n ";
    const char* comma = "";
    for (const Peak& peak : peaks()) {
      std::printf("%s\n  {\"isa\": \"%s\", \"arithmetic\": \"%s\", \"integer\": %s, \"gmacs\": %.1f}", comma, peak.isa,
                  peak.arithmetic, peak.integer ? "true" : "false", rate(peak, threads));
      comma = ",";
    }
    std::printf("]}");
  }
  std::printf("%s]\n", *between == '[' ? "[" : "");
}
