#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace ondol {

/// A fixed set of workers for one caller at a time. The caller works too: a pool of n has n - 1 workers. Workers are
/// started on first use, spin for a bounded time after a task and sleep otherwise.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int threads() const noexcept { return threads_; }

  /// Calls body(i) once for each i in [0, count), on any thread, in any order, a thread mostly neighbours one after
  /// another; returns when all are done. What a task computes must not depend on the thread that runs it. body must
  /// not throw nor call the pool.
  template <class Body>
  void parallel_for(std::size_t count, Body&& body) {
    if (count <= 1 || threads_ == 1) {
      for (std::size_t i = 0; i < count; ++i) body(i);
      return;
    }
    using Plain = std::remove_reference_t<Body>;
    run(
        count, [](void* context, std::size_t i) { (*static_cast<Plain*>(context))(i); },
        const_cast<std::remove_const_t<Plain>*>(std::addressof(body)));
  }

  /// parallel_for over [0, total) in pieces of `grain`: body(begin, end).
  template <class Body>
  void parallel_ranges(std::size_t total, std::size_t grain, Body&& body) {
    parallel_for((total + grain - 1) / grain, [&](std::size_t i) {
      const std::size_t begin = i * grain;
      body(begin, begin + grain < total ? begin + grain : total);
    });
  }

  /// While one lives, the workers may spin between tasks; without, they go to sleep at once. Held by a forward pass.
  class Active {
   public:
    explicit Active(ThreadPool& pool) noexcept : pool_(pool) { pool_.active_.fetch_add(1, std::memory_order_relaxed); }
    ~Active() { pool_.active_.fetch_sub(1, std::memory_order_relaxed); }
    Active(const Active&) = delete;
    Active& operator=(const Active&) = delete;

   private:
    ThreadPool& pool_;
  };

 private:
  using Call = void (*)(void* context, std::size_t index);
  struct Shared;  // the workers' side; outlives the pool in a forked child, whose workers do not exist

  void run(std::size_t count, Call call, void* context);
  void start();

  int threads_;
  std::atomic<int> active_{0};
  std::unique_ptr<Shared> shared_;
};

}  // namespace ondol
