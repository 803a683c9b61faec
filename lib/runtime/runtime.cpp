#include <fmt/format.h>
#include <unistd.h>

#include "base/fail.hpp"
#include "runtime/state.hpp"

namespace ondol {
namespace {

int checked_threads(int threads) {
  if (threads == 0) return default_threads();
  if (threads < 0 || threads > 1024) {
    fail(Status::invalid_argument, fmt::format("threads: found {}, expected 1 .. 1024, or 0 for the default", threads));
  }
  return threads;
}

const RuntimeOptions& checked_allocator(const RuntimeOptions& given) {
  if (bool(given.allocator.allocate) != bool(given.allocator.release)) {
    fail(Status::invalid_argument, "allocator: expected both allocate and release, or neither");
  }
  return given;
}

}  // namespace

Runtime::State::State(const RuntimeOptions& given)
    : options(checked_allocator(given)),
      threads(checked_threads(given.threads)),
      isa(choose_isa(given.isa)),
      memory(std::make_shared<MemoryAccount>(given.memory_limit, given.allocator)),
      workshop_(new Workshop(threads, memory)),
      process_(::getpid()) {}

Runtime::State::~State() {
  // In a forked child the parent's workers cannot be joined; their memory is left alone.
  if (process_.load() == ::getpid()) delete workshop_.load();
}

Workshop& Runtime::State::workshop() {
  const int here = ::getpid();
  int before = process_.load(std::memory_order_acquire);
  if (before == here) return *workshop_.load(std::memory_order_acquire);
  // First use in a forked child. Its threads are new, so whoever wins the exchange of the pointer has made it.
  Workshop* parents = workshop_.load(std::memory_order_acquire);
  auto fresh = std::make_unique<Workshop>(threads, memory);
  if (process_.load(std::memory_order_acquire) != here && workshop_.compare_exchange_strong(parents, fresh.get())) {
    fresh.release();
    process_.store(here, std::memory_order_release);
  }
  while (process_.load(std::memory_order_acquire) != here) std::this_thread::yield();
  return *workshop_.load(std::memory_order_acquire);
}

Runtime::State::Turn::Turn(State& state)
    : workshop_(state.workshop()), lock_(workshop_.turn), active_(workshop_.pool) {}

Runtime::Runtime(const RuntimeOptions& options) : state_(std::make_shared<State>(options)) {}

Runtime Runtime::shared() {
  // Never destroyed: objects may be alive after main() has returned.
  static const auto* runtime = new Runtime();
  return *runtime;
}

int Runtime::threads() const noexcept { return state_->threads; }
std::string_view Runtime::isa() const noexcept { return isa_name(state_->isa); }
std::uint64_t Runtime::memory_used() const noexcept { return state_->memory->used(); }
std::uint64_t Runtime::memory_peak() const noexcept { return state_->memory->peak(); }
std::uint64_t Runtime::memory_limit() const noexcept { return state_->memory->limit(); }

}  // namespace ondol
