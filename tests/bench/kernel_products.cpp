// Speed of the products of quantised weights beside the machine's limits, which are measured in the same run.
//   kernel_products [isa=...] [format=...] [threads=...] [rows=1,8,512] [shape=576x1536,...]
// One line a product: GMAC/s, GB/s of packed weights, and the fastest of some runs of at least a millisecond.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/half.hpp"
#include "kernels/matmul.hpp"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace ondol;

namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Seconds of one call: the fastest of several runs, each of as many calls as take a millisecond.
template <class F>
double fastest(F f, int runs = 15) {
  f();
  int calls = 1;
  double best = 1e9;
  for (int i = 0; i < runs; ++i) {
    const double begin = seconds();
    for (int j = 0; j < calls; ++j) f();
    const double each = (seconds() - begin) / calls;
    best = std::min(best, each);
    calls = std::max(1, std::min(100000, static_cast<int>(1e-3 / best)));
  }
  return best;
}

#if defined(__x86_64__)
/// Multiply-accumulates of 16-bit integers in `rounds` rounds of 12 independent sums.
[[gnu::target("avx2")]] double peak_avx2(int rounds) {
  __m256i sum[12] = {}, a = _mm256_set1_epi16(3), b = _mm256_set1_epi16(5);
  for (int i = 0; i < rounds; ++i) {
    for (__m256i& s : sum) {
      s = _mm256_add_epi32(s, _mm256_madd_epi16(a, b));
      asm volatile("" : "+x"(s), "+x"(a));  // no product is computed before
    }
  }
  return 12.0 * 16 * rounds;
}
[[gnu::target("avx512f,avx512bw")]] double peak_avx512(int rounds) {
  __m512i sum[12] = {}, a = _mm512_set1_epi16(3), b = _mm512_set1_epi16(5);
  for (int i = 0; i < rounds; ++i) {
    for (__m512i& s : sum) {
      s = _mm512_add_epi32(s, _mm512_madd_epi16(a, b));
      asm volatile("" : "+v"(s), "+v"(a));
    }
  }
  return 12.0 * 32 * rounds;
}
[[gnu::target("avx512f,avx512vnni")]] double peak_avx512vnni(int rounds) {
  __m512i sum[12] = {}, a = _mm512_set1_epi16(3), b = _mm512_set1_epi16(5);
  for (int i = 0; i < rounds; ++i) {
    for (__m512i& s : sum) {
      s = _mm512_dpwssd_epi32(s, a, b);
      asm volatile("" : "+v"(s));
    }
  }
  return 12.0 * 32 * rounds;
}
#endif

double peak(Isa isa, ThreadPool& pool) {
  double (*body)(int) = nullptr;
#if defined(__x86_64__)
  if (isa == Isa::avx2) body = peak_avx2;
  if (isa == Isa::avx512) body = peak_avx512;
  if (isa == Isa::avx512vnni) body = peak_avx512vnni;
#endif
  if (!body) return 0;
  const auto threads = static_cast<std::size_t>(pool.threads());
  double work = 0;
  const double time = fastest([&] {
    pool.parallel_for(threads, [&](std::size_t i) {
      const double mine = body(20000);
      if (i == 0) work = mine * static_cast<double>(threads);
    });
  });
  return work / time * 1e-9;
}

double bandwidth(ThreadPool& pool) {
  const std::size_t words = (std::size_t{512} << 20) / sizeof(std::uint64_t);
  const std::vector<std::uint64_t> memory(words, 1);
  std::vector<std::uint64_t> sums(1024);
  const double time = fastest(
      [&] {
        pool.parallel_ranges(words, words / 64, [&](std::size_t begin, std::size_t end) {
          std::uint64_t sum = 0;
          for (std::size_t i = begin; i < end; ++i) sum += memory[i];
          sums[begin / (words / 64)] = sum;
        });
      },
      5);
  return static_cast<double>(words) * sizeof(std::uint64_t) / time * 1e-9;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

bool listed(const std::string& list, std::string_view name) {
  const auto parts = split(list);
  return parts.empty() || std::ranges::find(parts, name) != parts.end();
}

}  // namespace

int main(int count, char** arguments) {
  std::string isas, formats_wanted = "Q4_1,Q4_0,Q5_0,Q5_1,Q8_0,Q2_K,Q3_K,Q4_K,Q5_K,Q6_K,IQ4_NL,IQ4_XS",
                    rows_wanted = "1,8,512";
  std::string shapes = "1536x576,576x1536,8192x2048", threads_wanted = "1,2";
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    std::string* const target = name == "isa"       ? &isas
                                : name == "format"  ? &formats_wanted
                                : name == "rows"    ? &rows_wanted
                                : name == "shape"   ? &shapes
                                : name == "threads" ? &threads_wanted
                                                    : nullptr;
    if (!target || equals == std::string::npos) {
      std::fprintf(stderr, "unknown argument %s\n", arguments[i]);
      return 2;
    }
    *target = argument.substr(equals + 1);
  }
  for (const std::string& threads : split(threads_wanted)) {
    ThreadPool pool(std::atoi(threads.c_str()));
    const ThreadPool::Active active(pool);
    std::printf("threads %d: memory read %.1f GB/s\n", pool.threads(), bandwidth(pool));
    for (Isa isa : available_isas()) {
      if (!listed(isas, isa_name(isa)) || (isas.empty() && isa == Isa::base)) continue;
      std::printf("threads %d, %s: integer peak %.0f GMAC/s\n", pool.threads(), std::string(isa_name(isa)).c_str(),
                  peak(isa, pool));
      for (const std::string& name : split(formats_wanted)) {
        const Format& format = *find_format(name);
        for (const std::string& shape : split(shapes)) {
          const std::size_t outputs = std::strtoul(shape.c_str(), nullptr, 10);
          const std::size_t columns = std::strtoul(shape.c_str() + shape.find('x') + 1, nullptr, 10);
          if (columns % format.weights) continue;
          const auto memory = std::make_shared<MemoryAccount>(0, Allocator{});
          Arena arena(memory);
          Compute compute{pool, kernels(isa), arena};
          std::vector<std::byte> bytes(outputs * columns / format.weights * format.bytes, std::byte{0x11});
          double pack = seconds();
          const PackedMatrix w({&format, outputs, columns, bytes}, Precision::fast, compute, memory);
          pack = seconds() - pack;
          std::printf("%-10s %-6s %4zux%-4zu", std::string(isa_name(isa)).c_str(), name.c_str(), outputs, columns);
          for (const std::string& rows_text : split(rows_wanted)) {
            const std::size_t rows = std::strtoul(rows_text.c_str(), nullptr, 10);
            std::vector<float> x(rows * columns), out(rows * outputs);
            for (std::size_t i = 0; i < x.size(); ++i)
              x[i] = static_cast<float>(static_cast<int>(i * 2654435761u >> 8 & 255) - 128);
            const double time = fastest([&] {
              const Arena::Scope scope(arena);
              Activations activations(x.data(), rows, columns, columns);
              multiply(w, activations, nullptr, out.data(), outputs, compute);
            });
            const double work = static_cast<double>(rows) * static_cast<double>(outputs * columns);
            std::printf(" | M=%zu %.1f GMAC/s", rows, work / time * 1e-9);
            if (rows == 1) std::printf(" %.1f GB/s", static_cast<double>(w.bytes()) / time * 1e-9);
          }
          std::printf(" | pack %.1f GB/s\n", static_cast<double>(bytes.size()) / pack * 1e-9);
          std::fflush(stdout);
        }
      }
    }
  }
}
