#include <optional>

#include "bindings.hpp"
#include "ondol/runtime.hpp"

namespace ondol::python {
namespace {

constexpr const char* level_names[] = {"debug", "info", "warning", "error"};

/// A sink that calls `callback(level, message)`. The last model may go when Python has gone: then the callback leaks.
LogSink log_sink(const py::object& callback) {
  if (callback.is_none()) return {};
  const std::shared_ptr<py::object> shared(new py::object(callback), [](py::object* object) {
    if (!Py_IsInitialized()) return;
    const py::gil_scoped_acquire locked;
    delete object;
  });
  return [shared](LogLevel level, std::string_view message) {
    const py::gil_scoped_acquire locked;
    try {
      (*shared)(level_names[static_cast<int>(level)], message);
    } catch (py::error_already_set& error) {
      error.discard_as_unraisable("ondol log sink");
    }
  };
}

}  // namespace

void bind_runtime(py::module_& m) {
  py::class_<Runtime>(m, "Runtime", "Threads, instruction set and memory account of the models loaded with it.")
      .def(py::init([](int threads, std::uint64_t memory_limit, const std::string& isa, const py::object& log) {
             return Runtime(
                 {.threads = threads, .memory_limit = memory_limit, .isa = isa, .log = log_sink(log), .allocator = {}});
           }),
           py::kw_only(), "threads"_a = 0, "memory_limit"_a = 0, "isa"_a = "", "log"_a = py::none(),
           "threads 0: as many as default_threads(). memory_limit 0: none. isa \"\": the best of this CPU.\n"
           "log(level, message) is called on the thread of the call that has something to say.")
      .def_static("shared", &Runtime::shared, "The process's default runtime.")
      .def_property_readonly("threads", &Runtime::threads)
      .def_property_readonly("isa", &Runtime::isa, "Instruction set of the kernels in use.")
      .def_property_readonly("memory_used", &Runtime::memory_used, "Bytes of large buffers now held.")
      .def_property_readonly("memory_peak", &Runtime::memory_peak, "The most bytes held so far.")
      .def_property_readonly("memory_limit", &Runtime::memory_limit, "Most bytes of large buffers; 0 = no limit.");
  m.def("default_threads", &default_threads,
        "min(affinity mask, cgroup quota rounded down, physical cores), at least 1.");
}

}  // namespace ondol::python
