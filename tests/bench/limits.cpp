#include "limits.hpp"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <new>
#include <numeric>
#include <thread>
#include <vector>
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace ondol::bench {
namespace {

/// Binds the calling thread to the i-th CPU that it may use: two threads that start on one would not be moved in time.
void stay_on(std::size_t i) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  i %= static_cast<std::size_t>(CPU_COUNT(&allowed));
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || i-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
#endif
}

/// Seconds that `threads` threads take for body(thread), all starting together: the fastest of `runs`.
template <class Body>
double fastest(int threads, int runs, const Body& body) {
  using Clock = std::chrono::steady_clock;
  std::vector<Clock::time_point> begins(static_cast<std::size_t>(threads)), ends(begins.size());
  double best = 1e9;
  for (int run = 0; run < runs; ++run) {
    std::atomic<int> waiting = threads;
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < begins.size(); ++i) {
      workers.emplace_back([&, i] {
        stay_on(i);
        for (--waiting; waiting > 0;) {
        }  // awake when the last one comes
        begins[i] = Clock::now();
        body(i);
        ends[i] = Clock::now();
      });
    }
    for (std::thread& worker : workers) worker.join();
    const auto time = *std::ranges::max_element(ends) - *std::ranges::min_element(begins);
    best = std::min(best, std::chrono::duration<double>(time).count());
  }
  return best;
}

// Ten independent sums, which cover the latency of the instructions. They are variables of their own, as GCC leaves an
// array of them in memory; the empty asm hides the operands' values and keeps every product.
#define ONE(sum, step, constraint)                                              \
  {                                                                             \
    auto& s = sum;                                                              \
    asm volatile("" : "+" constraint(s), "+" constraint(a), "+" constraint(b)); \
    s = step;                                                                   \
  }
#define PEAK(name, isa, vector, zero, constraint, macs, step)                                                 \
  [[gnu::target(isa)]] double name(int rounds) {                                                              \
    vector s0 = zero, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0;        \
    vector a = zero, b = zero;                                                                                \
    for (int i = 0; i < rounds; ++i) {                                                                        \
      ONE(s0, step, constraint)                                                                               \
      ONE(s1, step, constraint)                                                                               \
      ONE(s2, step, constraint)                                                                               \
      ONE(s3, step, constraint)                                                                               \
      ONE(s4, step, constraint)                                                                               \
      ONE(s5, step, constraint) ONE(s6, step, constraint) ONE(s7, step, constraint) ONE(s8, step, constraint) \
          ONE(s9, step, constraint)                                                                           \
    }                                                                                                         \
    asm volatile("" : : constraint(s0), constraint(s1), constraint(s2), constraint(s3), constraint(s4));      \
    asm volatile("" : : constraint(s5), constraint(s6), constraint(s7), constraint(s8), constraint(s9));      \
    return 10.0 * (macs) * rounds;                                                                            \
  }

#if defined(__x86_64__)
#define ONES_8 _mm256_set1_epi16(1)
#define ONES_16 _mm512_set1_epi16(1)
PEAK(f32_avx2, "avx2,fma", __m256, _mm256_setzero_ps(), "x", 8, _mm256_fmadd_ps(a, b, s))
PEAK(i16_avx2, "avx2", __m256i, _mm256_setzero_si256(), "x", 16, _mm256_add_epi32(s, _mm256_madd_epi16(a, b)))
PEAK(i8_avx2, "avx2", __m256i, _mm256_setzero_si256(), "x", 32,
     _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ONES_8)))
PEAK(i4_avx2, "avx2", __m256i, _mm256_setzero_si256(), "x", 32, _mm256_add_epi16(s, _mm256_maddubs_epi16(a, b)))
PEAK(i16_avx_vnni, "avx2,avxvnni", __m256i, _mm256_setzero_si256(), "x", 16, _mm256_dpwssd_avx_epi32(s, a, b))
PEAK(i8_avx_vnni, "avx2,avxvnni", __m256i, _mm256_setzero_si256(), "x", 32, _mm256_dpbusd_avx_epi32(s, a, b))
PEAK(f32_avx512, "avx512f", __m512, _mm512_setzero_ps(), "v", 16, _mm512_fmadd_ps(a, b, s))
PEAK(i16_avx512, "avx512f,avx512bw", __m512i, _mm512_setzero_si512(), "v", 32,
     _mm512_add_epi32(s, _mm512_madd_epi16(a, b)))
PEAK(i8_avx512, "avx512f,avx512bw", __m512i, _mm512_setzero_si512(), "v", 64,
     _mm512_add_epi32(s, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), ONES_16)))
PEAK(i16_vnni, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), "v", 32, _mm512_dpwssd_epi32(s, a, b))
PEAK(i8_vnni, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), "v", 64, _mm512_dpbusd_epi32(s, a, b))
PEAK(bf16_avx512, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(), "v", 32,
     _mm512_dpbf16_ps(s, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b)))

std::vector<Peak> supported() {
  std::vector<Peak> found;
  const auto add = [&found](bool there, std::initializer_list<Peak> peaks) {
    for (const Peak& peak : peaks) {
      if (there) found.push_back(peak);
    }
  };
  add(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"),
      {{"avx2", "f32 vfmadd", false, f32_avx2},
       {"avx2", "i16 vpmaddwd + vpaddd", true, i16_avx2},
       {"avx2", "u8 x i8 vpmaddubsw + vpmaddwd + vpaddd", true, i8_avx2},
       {"avx2", "u4 x i8 vpmaddubsw + vpaddw", true, i4_avx2}});
  add(__builtin_cpu_supports("avxvnni"),
      {{"avxvnni", "i16 vpdpwssd", true, i16_avx_vnni}, {"avxvnni", "u8 x i8 vpdpbusd", true, i8_avx_vnni}});
  add(__builtin_cpu_supports("avx512bw"), {{"avx512", "f32 vfmadd", false, f32_avx512},
                                           {"avx512", "i16 vpmaddwd + vpaddd", true, i16_avx512},
                                           {"avx512", "u8 x i8 vpmaddubsw + vpmaddwd + vpaddd", true, i8_avx512}});
  add(__builtin_cpu_supports("avx512vnni"),
      {{"avx512vnni", "i16 vpdpwssd", true, i16_vnni}, {"avx512vnni", "u8 x i8 vpdpbusd", true, i8_vnni}});
  add(__builtin_cpu_supports("avx512bf16"), {{"avx512bf16", "bf16 vdpbf16ps", false, bf16_avx512}});
  return found;
}

#elif defined(__aarch64__)

PEAK(f32_neon, "arch=armv8.2-a", float32x4_t, vdupq_n_f32(0), "w", 4, vfmaq_f32(s, a, b))
PEAK(i16_neon, "arch=armv8.2-a", int32x4_t, vdupq_n_s32(0), "w", 4,
     vmlal_high_s16(s, vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)))
PEAK(i8_neon, "arch=armv8.2-a+dotprod", int32x4_t, vdupq_n_s32(0), "w", 16,
     vdotq_s32(s, vreinterpretq_s8_s32(a), vreinterpretq_s8_s32(b)))

std::vector<Peak> supported() {
  if ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) == 0) return {};
  return {{"neon", "f32 fmla", false, f32_neon},
          {"neon", "i16 smlal2", true, i16_neon},
          {"neon", "i8 x i8 sdot", true, i8_neon}};
}

#else

std::vector<Peak> supported() { return {}; }

#endif
#undef PEAK
#undef ONE

/// Memory in huge pages, where the system gives them.
class Pages {
 public:
  explicit Pages(std::size_t bytes) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    madvise(data_, bytes, MADV_HUGEPAGE);
#endif
    std::memset(data_, 1, bytes);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(data_, bytes_); }
  [[nodiscard]] std::span<const std::uint64_t> words() const {
    return {static_cast<const std::uint64_t*>(data_), bytes_ / sizeof(std::uint64_t)};
  }

 private:
  void* data_;
  std::size_t bytes_;
};

/// Sum of words, read as `streams` neighbouring parts side by side, a cache line of each in turn, fetched ahead: one
/// stream alone does not keep the memory busy on every CPU.
std::uint64_t sum(std::span<const std::uint64_t> words, std::size_t streams) {
  constexpr std::size_t line = 8, ahead = 32 * line;
  std::size_t lines = words.size() / streams / line;
  lines -=
      lines % 64 >= 5 ? lines % 64 - 5 : lines % 64;  // no power of two apart: they would share places in the caches
  const std::size_t part = lines * line;
  std::uint64_t sums[line] = {};
  for (std::size_t i = 0; i < part; i += line) {
    for (std::size_t s = 0; s < streams; ++s) {
      const std::uint64_t* const at = words.data() + s * part + i;
      __builtin_prefetch(at + ahead);
      for (std::size_t j = 0; j < line; ++j) sums[j] += at[j];
    }
  }
  for (std::size_t i = streams * part; i < words.size(); ++i) sums[0] += words[i];
  return std::accumulate(sums, sums + line, std::uint64_t{0});
}

}  // namespace

std::span<const Peak> peaks() {
  static const std::vector<Peak> found = supported();
  return found;
}

double rate(const Peak& peak, int threads) {
  constexpr int rounds = 200000;
  std::vector<double> work(static_cast<std::size_t>(threads));
  const double time = fastest(threads, 20, [&](std::size_t thread) { work[thread] = peak.body(rounds); });
  return work[0] * threads / time * 1e-9;
}

double read_bandwidth(int threads, std::size_t bytes) {
  const Pages pages(bytes);
  const auto words = pages.words();
  const std::size_t part = words.size() / static_cast<std::size_t>(threads);
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads));
  double best = 0;
  for (const std::size_t streams : {1U, 2U, 4U, 8U}) {
    const double time = fastest(threads, 20, [&](std::size_t thread) {
      sums[thread] = sum(words.subspan(thread * part, part), streams);
      asm volatile("" : : "r"(sums.data()) : "memory");  // the sums are wanted
    });
    best = std::max(best, static_cast<double>(part) * threads * sizeof(std::uint64_t) / time * 1e-9);
  }
  return best;
}

}  // namespace ondol::bench
