#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ondol/export.hpp"

namespace ondol {

enum class LogLevel : std::int32_t { debug, info, warning, error };

/// Receives the library's messages on the thread that makes the call. It must not call the library.
using LogSink = std::function<void(LogLevel, std::string_view)>;

/// How far a long call has come. Written by the library, read by any thread at any time.
/// Load counts bytes of weights, prefill counts prompt tokens.
struct Progress {
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> total{0};
};

/// Source of large buffers (weights, caches, scratch). Both are called from any thread.
struct Allocator {
  /// `bytes` of memory aligned to `alignment`, or nullptr.
  std::function<void*(std::size_t bytes, std::size_t alignment)> allocate{};
  std::function<void(void* memory, std::size_t bytes)> release{};
};

struct RuntimeOptions {
  /// Threads that compute, 1 .. 1024; 0 = default_threads().
  int threads = 0;
  /// Most bytes of large buffers at a time; 0 = no cap. Beyond it a call fails with out_of_memory
  /// before it allocates.
  std::uint64_t memory_limit = 0;
  /// "base", "avx2", "avxvnni", "avx512", "avx512vnni", "neon"; empty = environment variable ONDOL_ISA, else the best
  /// there is.
  std::string isa{};
  /// Without a sink the library writes nothing anywhere.
  LogSink log{};
  /// Both functions or none; none = the system's.
  Allocator allocator{};
};

/// Threads, instruction set, memory account and log sink of the models loaded with it.
///
/// A handle: copies share one state, which lives until the last model, cache or copy is gone.
/// Thread-safe. Idle threads sleep. After fork() in the parent, the child gets its threads anew on first use.
class ONDOL_API Runtime {
 public:
  /// @throws Error invalid_argument: threads out of range, an unknown ISA or one this CPU lacks.
  explicit Runtime(const RuntimeOptions& options = {});

  /// The process's default runtime, made on first use with default options.
  [[nodiscard]] static Runtime shared();

  [[nodiscard]] int threads() const noexcept;
  /// Instruction set of the kernels in use ("avx2").
  [[nodiscard]] std::string_view isa() const noexcept;
  /// Bytes of large buffers now held, and the most held so far.
  [[nodiscard]] std::uint64_t memory_used() const noexcept;
  [[nodiscard]] std::uint64_t memory_peak() const noexcept;
  [[nodiscard]] std::uint64_t memory_limit() const noexcept;

  struct State;
  /// For the library itself.
  [[nodiscard]] const std::shared_ptr<State>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<State> state_;
};

/// min(affinity mask, cgroup quota rounded down, physical cores), at least 1.
[[nodiscard]] ONDOL_API int default_threads();

}  // namespace ondol
