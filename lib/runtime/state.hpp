#pragma once

#include <memory>
#include <mutex>

#include "ondol/runtime.hpp"
#include "runtime/arena.hpp"
#include "runtime/cpu.hpp"
#include "runtime/memory.hpp"
#include "runtime/thread_pool.hpp"

namespace ondol {

/// What computing needs and one caller at a time may use: the threads and the scratch memory.
struct Workshop {
  Workshop(int threads, std::shared_ptr<MemoryAccount> account) : pool(threads), arena(std::move(account)) {}
  ThreadPool pool;
  Arena arena;
  std::mutex turn;
};

struct Runtime::State {
  explicit State(const RuntimeOptions& options);
  ~State();

  RuntimeOptions options;
  int threads;
  Isa isa;
  std::shared_ptr<MemoryAccount> memory;

  /// Exclusive use of the workshop while it lives. In a forked child the workshop is made anew: the parent's threads
  /// do not exist there, and its lock may be held for ever.
  class Turn {
   public:
    explicit Turn(State& state);
    [[nodiscard]] ThreadPool& pool() noexcept { return workshop_.pool; }
    [[nodiscard]] Arena& arena() noexcept { return workshop_.arena; }

   private:
    Workshop& workshop_;
    std::unique_lock<std::mutex> lock_;
    ThreadPool::Active active_;
  };

  void log(LogLevel level, std::string_view message) const {
    if (options.log) options.log(level, message);
  }

 private:
  Workshop& workshop();
  std::atomic<Workshop*> workshop_;
  std::atomic<int> process_;
};

}  // namespace ondol
