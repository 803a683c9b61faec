#include "runtime/thread_pool.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace {

using namespace std::chrono_literals;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

TEST_CASE("thread pool: every index once, for any size and number of threads") {
  for (const int threads : {1, 2, 4, 7}) {
    ondol::ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (const std::size_t count : {0, 1, 2, 3, 7, 64, 1000}) {
      CAPTURE(threads);
      CAPTURE(count);
      std::vector<std::atomic<int>> seen(count);
      pool.parallel_for(count, [&](std::size_t i) { seen[i].fetch_add(1); });
      CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& n) { return n.load() == 1; }));
    }
  }
}

TEST_CASE("thread pool: ranges cover the whole, cut at the grain") {
  ondol::ThreadPool pool(3);
  for (const std::size_t total : {0, 1, 16, 17, 100}) {
    std::vector<std::atomic<int>> seen(total);
    pool.parallel_ranges(total, 16, [&](std::size_t begin, std::size_t end) {
      if (begin % 16 != 0 || end <= begin || end - begin > 16) seen[begin].fetch_add(100);
      for (std::size_t i = begin; i < end; ++i) seen[i].fetch_add(1);
    });
    CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& n) { return n.load() == 1; }));
  }
}

TEST_CASE("thread pool: many small tasks see each other's results") {
  for (const bool active : {false, true}) {
    ondol::ThreadPool pool(4);
    std::optional<ondol::ThreadPool::Active> spin;
    if (active) spin.emplace(pool);
    std::vector<std::uint64_t> values(5, 1);
    for (int round = 0; round < 5000; ++round) {
      pool.parallel_for(values.size(), [&](std::size_t i) { values[i] += i; });  // plain memory: run() must order it
      values[0] += 1;
    }
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == 1 + 5000 * (i == 0 ? 1 : i));
  }
}

TEST_CASE("thread pool: workers share a task, each from the beginning of its own part on") {
  ondol::ThreadPool pool(2);
  std::atomic<int> inside{0};
  std::atomic<bool> together{false};
  std::atomic<bool> begun[8] = {};
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  pool.parallel_for(8, [&](std::size_t i) {  // ends early only if both run at the same time
    if (together) return;
    begun[i] = true;
    inside.fetch_add(1);
    while (std::chrono::steady_clock::now() < deadline && inside.load() < 2) std::this_thread::yield();
    if (inside.load() == 2) together = true;
  });
  CHECK(together);
  for (std::size_t i = 0; i < 8; ++i) CHECK(begun[i] == (i % 4 == 0));
}

TEST_CASE("thread pool: different callers one after the other, and destruction at any time") {
  for (int round = 0; round < 50; ++round) {
    ondol::ThreadPool pool(3);
    if (round % 3 == 0) continue;  // never used: no threads to join
    std::atomic<int> done{0};
    std::thread([&] { pool.parallel_for(10, [&](std::size_t) { done.fetch_add(1); }); }).join();
    pool.parallel_for(10, [&](std::size_t) { done.fetch_add(1); });
    CHECK(done == 20);
  }
}

TEST_CASE("thread pool: sleeping workers use no time, even while a caller holds the pool") {
  ondol::ThreadPool pool(4);
  const ondol::ThreadPool::Active active(pool);
  pool.parallel_for(100, [](std::size_t) {});
  std::this_thread::sleep_for(20ms);  // they spin for a moment
  const double before = cpu_seconds();
  std::this_thread::sleep_for(300ms);
  CHECK(cpu_seconds() - before < 0.03);
  std::atomic<int> done{0};
  pool.parallel_for(100, [&](std::size_t) { done.fetch_add(1); });  // and wake up
  CHECK(done == 100);
}
