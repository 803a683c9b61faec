#include "runtime/thread_pool.hpp"

#include <chrono>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ondol {
namespace {

void relax() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Long enough to bridge the gap between two tasks of a forward pass, short enough to leave a busy machine alone.
constexpr auto spin_time = std::chrono::microseconds(50);

constexpr std::uint64_t no_index = 0xFFFFFFFFu;
constexpr std::uint64_t task_of(std::uint64_t ticket) noexcept { return ticket >> 32; }
constexpr std::uint64_t index_of(std::uint64_t ticket) noexcept { return ticket & no_index; }

}  // namespace

// Each thread has a share of a task's indices, neighbours of each other, so that what one reads lies together and stays
// in its caches from task to task; who is done with its own helps the next. A task is published by setting the shares'
// tickets to {task number, first index}. Who wants an index raises the ticket by one with compare-and-swap, so a worker
// that comes late can never take an index of a task it has not seen. `done` counts finished indices: the caller waits
// for work, not for workers.
struct ThreadPool::Shared {
  struct alignas(64) Share {
    std::atomic<std::uint64_t> ticket{0};
  };

  explicit Shared(int threads) : shares(static_cast<std::size_t>(threads)) {}

  std::vector<Share> shares;
  std::atomic<std::uint64_t> count{0};
  std::atomic<Call> call{nullptr};
  std::atomic<void*> context{nullptr};
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint32_t> epoch{0};
  std::atomic<int> sleeping{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> workers;

  [[nodiscard]] std::uint64_t begin_of(std::size_t share, std::uint64_t total) const noexcept {
    return share * total / shares.size();
  }

  void work_at(std::size_t share) noexcept {
    std::atomic<std::uint64_t>& ticket = shares[share].ticket;
    std::uint64_t seen = ticket.load(std::memory_order_acquire);
    const std::uint64_t end = begin_of(share + 1, count.load(std::memory_order_acquire));
    const Call body = call.load(std::memory_order_acquire);
    void* const argument = context.load(std::memory_order_acquire);
    const std::uint64_t task = task_of(seen);
    while (task_of(seen) == task && index_of(seen) < end) {
      if (ticket.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel, std::memory_order_acquire)) {
        body(argument, index_of(seen));
        done.fetch_add(1, std::memory_order_release);
        seen = ticket.load(std::memory_order_acquire);
      }
    }
  }

  void work(std::size_t own) noexcept {
    for (std::size_t i = 0; i < shares.size(); ++i) work_at((own + i) % shares.size());
  }

  void serve(std::size_t own, const std::atomic<int>& active) noexcept {
    std::uint32_t last = 0;
    while (true) {
      const auto begin = std::chrono::steady_clock::now();
      for (int i = 0; epoch.load(std::memory_order_acquire) == last; ++i) {
        const bool spin = active.load(std::memory_order_relaxed) > 0 &&
                          (i % 64 != 63 || std::chrono::steady_clock::now() - begin < spin_time);
        if (spin) {
          relax();
        } else {
          sleeping.fetch_add(1, std::memory_order_seq_cst);
          epoch.wait(last, std::memory_order_seq_cst);
          sleeping.fetch_sub(1, std::memory_order_relaxed);
        }
      }
      last = epoch.load(std::memory_order_acquire);
      if (stop.load(std::memory_order_relaxed)) return;
      work(own);
    }
  }
};

ThreadPool::ThreadPool(int threads) : threads_(threads) {}

void ThreadPool::start() {
  shared_ = std::make_unique<Shared>(threads_);
  for (std::size_t i = 1; i < shared_->shares.size(); ++i) {
    shared_->workers.emplace_back([shared = shared_.get(), i, this] { shared->serve(i, active_); });
  }
}

ThreadPool::~ThreadPool() {
  if (!shared_) return;
  shared_->stop.store(true, std::memory_order_relaxed);
  shared_->epoch.fetch_add(1, std::memory_order_seq_cst);
  shared_->epoch.notify_all();
  for (std::thread& worker : shared_->workers) worker.join();
}

void ThreadPool::run(std::size_t count, Call call, void* context) {
  if (!shared_) start();
  Shared& s = *shared_;
  const std::uint64_t task = (task_of(s.shares[0].ticket.load(std::memory_order_relaxed)) + 1) << 32;
  for (Shared::Share& share : s.shares) {  // late workers now fail, whatever they read below
    share.ticket.store(task | no_index, std::memory_order_relaxed);
  }
  s.done.store(0, std::memory_order_release);
  s.count.store(count, std::memory_order_release);
  s.call.store(call, std::memory_order_release);
  s.context.store(context, std::memory_order_release);
  for (std::size_t i = 0; i < s.shares.size(); ++i) {
    s.shares[i].ticket.store(task | s.begin_of(i, count), std::memory_order_release);
  }
  s.epoch.fetch_add(1, std::memory_order_seq_cst);
  if (s.sleeping.load(std::memory_order_seq_cst) > 0) s.epoch.notify_all();
  s.work(0);
  for (int i = 0; s.done.load(std::memory_order_acquire) != count; ++i) {
    if (i < 4096) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace ondol
