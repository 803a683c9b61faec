#include "ondol/runtime.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "ondol/error.hpp"
#include "runtime/state.hpp"

namespace {

// ThreadSanitizer does not let a forked child start threads.
#if defined(__SANITIZE_THREAD__)
constexpr bool no_fork = true;
#else
constexpr bool no_fork = false;
#endif

/// Sum of 0 .. 999 on the runtime's threads.
int compute(const ondol::Runtime& runtime) {
  ondol::Runtime::State::Turn turn(*runtime.state());
  const ondol::Arena::Scope scope(turn.arena());
  int* values = turn.arena().take<int>(1000);
  turn.pool().parallel_for(1000, [&](std::size_t i) { values[i] = int(i); });
  int sum = 0;
  for (int i = 0; i < 1000; ++i) sum += values[i];
  return sum;
}

/// Exit status of a child that runs `body`; 255 when it does not end within ten seconds.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/// default_threads() of a child confined to the first `count` CPUs this process may use.
int threads_with_affinity(int count) {
  cpu_set_t allowed;
  cpu_set_t some;
  CPU_ZERO(&some);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  for (int cpu = 0; cpu < CPU_SETSIZE && count > 0; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &some), --count;
  }
  return in_child([&] {
    ::sched_setaffinity(0, sizeof some, &some);
    return ondol::default_threads();
  });
}

}  // namespace

TEST_CASE("runtime: options are checked") {
  CHECK(ondol::Runtime({.threads = 3}).threads() == 3);
  CHECK(ondol::Runtime().threads() == ondol::default_threads());
  CHECK_THROWS_WITH_AS(ondol::Runtime({.threads = -1}), doctest::Contains("found -1, expected 1 .. 1024"),
                       ondol::Error);
  CHECK_THROWS_AS(ondol::Runtime({.threads = 1025}), ondol::Error);
  CHECK_THROWS_AS(ondol::Runtime({.isa = "z80"}), ondol::Error);
  ondol::RuntimeOptions half;
  half.allocator.allocate = [](std::size_t, std::size_t) -> void* { return nullptr; };
  CHECK_THROWS_WITH_AS(ondol::Runtime{half}, doctest::Contains("both allocate and release"), ondol::Error);
  CHECK(ondol::Runtime({.memory_limit = 12345}).memory_limit() == 12345);
}

TEST_CASE("runtime: copies share one state, the shared one is one") {
  const ondol::Runtime a({.threads = 2});
  const ondol::Runtime b = a;
  CHECK(compute(a) == 499500);
  CHECK(b.memory_used() == a.memory_used());
  CHECK(a.memory_used() > 0);
  CHECK(ondol::Runtime::shared().state() == ondol::Runtime::shared().state());
}

TEST_CASE("runtime: callers from many threads take turns") {
  const ondol::Runtime runtime({.threads = 2});
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) right += compute(runtime) == 499500;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 400);
}

TEST_CASE("runtime: the cap reaches scratch memory") {
  const ondol::Runtime runtime({.threads = 1, .memory_limit = 1000});
  CHECK_THROWS_AS(compute(runtime), ondol::Error);
  CHECK(runtime.memory_used() == 0);
}

TEST_CASE("runtime: default threads follow the affinity mask") {
  CHECK(threads_with_affinity(1) == 1);
  const int all = ondol::default_threads();
  CHECK(all >= 1);
  CHECK(all <= int(std::thread::hardware_concurrency()));
  if (std::thread::hardware_concurrency() >= 2) CHECK(threads_with_affinity(2) <= 2);
}

TEST_CASE("runtime: a forked child computes, with threads of its own" * doctest::skip(no_fork)) {
  const ondol::Runtime runtime({.threads = 3});
  CHECK(compute(runtime) == 499500);
  CHECK(in_child([&] { return compute(runtime) == 499500 ? 0 : 1; }) == 0);
  CHECK(in_child([&] { return in_child([&] { return compute(runtime) == 499500 ? 0 : 1; }); }) == 0);
  CHECK(in_child([&] {  // two threads of the child race to be first
          std::atomic<int> right{0};
          std::thread a([&] { right += compute(runtime) == 499500; });
          std::thread b([&] { right += compute(runtime) == 499500; });
          a.join(), b.join();
          return right == 2 ? 0 : 1;
        }) == 0);
  CHECK(compute(runtime) == 499500);  // and so does the parent still
}

TEST_CASE("runtime: a child forked while another thread computes is not stuck" * doctest::skip(no_fork)) {
  const ondol::Runtime runtime({.threads = 2});
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) compute(runtime);
  });
  int right = 0;
  for (int i = 0; i < 10; ++i) right += in_child([&] { return compute(runtime) == 499500 ? 0 : 1; }) == 0;
  stop = true;
  busy.join();
  CHECK(right == 10);
}

TEST_CASE("runtime: a child may end without having computed" * doctest::skip(no_fork)) {
  CHECK(in_child([] {
          auto* runtime = new ondol::Runtime({.threads = 2});
          compute(*runtime);
          const int code = in_child([&] {
            delete runtime;  // the parent's workers are not there to be joined
            return 0;
          });
          delete runtime;
          return code;
        }) == 0);
}
