#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "ondol/runtime.hpp"

namespace ondol::python {

/// Runs `body`, which may not touch Python, on a thread of its own with the GIL free, while this one looks for signals
/// and calls `tick`. If a signal's handler (Ctrl-C) or `tick` raises, `stop` is requested, and what was raised goes on
/// when `body` has ended. Call with the GIL held.
template <class Body>
auto interruptible(std::stop_source stop, Body&& body, const std::function<void()>& tick = {}) {
  const pybind11::gil_scoped_release unlocked;
  auto running = std::async(std::launch::async, std::forward<Body>(body));
  while (running.wait_for(std::chrono::milliseconds(25)) != std::future_status::ready) {
    const pybind11::gil_scoped_acquire locked;
    try {
      if (PyErr_CheckSignals() != 0) throw pybind11::error_already_set();
      if (tick) tick();
    } catch (...) {
      stop.request_stop();
      const pybind11::gil_scoped_release unlocked_again;
      running.wait();
      throw;
    }
  }
  return running.get();
}

/// Calls callback(done, total) with the state of `progress`, where it is known and new.
inline std::function<void()> report(const std::shared_ptr<Progress>& progress,
                                    const std::optional<pybind11::function>& callback) {
  if (!callback) return {};
  return [progress, &callback = *callback, last = ~std::uint64_t{0}]() mutable {
    const std::uint64_t done = progress->done, total = progress->total;
    if (total == 0 || done == last) return;
    callback(done, total);
    last = done;
  };
}

}  // namespace ondol::python
