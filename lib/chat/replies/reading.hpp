#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

namespace ondol::replies {

/// How far a step has come, or a coroutine of steps.
enum class Progress : std::uint8_t {
  done,
  more,    ///< it needs text that has not arrived
  broken,  ///< the text is not what the step asks for
};

/// A grammar as a coroutine that reads text as it arrives: `const bool comma = co_await Take(in, ",");`.
/// A step is a value with `Progress poll()`, which is asked again whenever there is more text, and `take()`, its result
/// once it is done. A coroutine is never resumed behind a broken step.
class [[nodiscard]] Reading {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Reading(Handle handle) noexcept : handle_(handle) {}
  Reading(Reading&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Reading& operator=(Reading&&) = delete;
  ~Reading() {
    if (handle_) handle_.destroy();
  }

  /// Goes on as far as the text reaches.
  Progress run();

 private:
  Handle handle_;
};

/// A step that a coroutine waits for.
class Waiting {
 public:
  virtual Progress poll() = 0;

 protected:
  ~Waiting() = default;
};

template <class Step>
class Awaiter final : public Waiting {
 public:
  explicit Awaiter(Step&& step) : step_(std::move(step)) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }  // Reading::run() asks
  void await_suspend(Reading::Handle handle) noexcept;
  decltype(auto) await_resume() { return step_.take(); }
  Progress poll() override { return step_.poll(); }

 private:
  Step step_;
};

struct Reading::promise_type {
  Waiting* waiting = nullptr;

  Reading get_return_object() { return Reading(Handle::from_promise(*this)); }
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  [[noreturn]] void unhandled_exception() const { throw; }
  template <class Step>
  Awaiter<Step> await_transform(Step step) {
    return Awaiter<Step>(std::move(step));
  }
};

template <class Step>
void Awaiter<Step>::await_suspend(Reading::Handle handle) noexcept {
  handle.promise().waiting = this;
}

inline Progress Reading::run() {
  while (!handle_.done()) {
    if (Waiting*& waiting = handle_.promise().waiting) {
      if (const Progress progress = waiting->poll(); progress != Progress::done) return progress;
      waiting = nullptr;
    }
    handle_.resume();
  }
  return Progress::done;
}

}  // namespace ondol::replies
