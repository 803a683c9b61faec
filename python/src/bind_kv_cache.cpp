#include "arguments.hpp"
#include "bindings.hpp"
#include "kv_cache.hpp"

namespace ondol::python {
namespace {

constexpr const char* type_names[] = {"f32", "f16", "bf16", "q8_0"};

}  // namespace

void bind_kv_cache(py::module_& m) {
  py::class_<Cache>(m, "KVCache",
                    "What a model keeps of one sequence; Model.new_cache() makes one. One thread at a time.")
      .def(
          "__len__", [](Cache& c) { return use(c)->length(); }, "Positions that are held and complete.")
      .def_property_readonly(
          "length", [](Cache& c) { return use(c)->length(); }, "The same as len().")
      .def_property_readonly(
          "context", [](Cache& c) { return use(c)->context(); }, "Most positions it may hold.")
      .def_property_readonly(
          "bytes", [](Cache& c) { return use(c)->bytes(); }, "Bytes of its blocks.")
      .def_property_readonly("type", [](Cache& c) { return type_names[static_cast<int>(use(c)->type())]; })
      .def(
          "truncate", [](Cache& c, std::size_t length) { use(c)->truncate(length); }, "length"_a,
          "Forget all positions from `length` on.")
      .def(
          "clear", [](Cache& c) { use(c)->clear(); }, "Forget all.")
      .def(
          "fork", [](Cache& c) { return std::make_unique<Cache>(use(c)->fork()); },
          "A cache that continues from here on its own; full blocks are shared.")
      .def("__copy__", [](Cache& c) { return std::make_unique<Cache>(use(c)->fork()); })
      .def(
          "__deepcopy__", [](Cache& c, const py::dict&) { return std::make_unique<Cache>(use(c)->fork()); }, "memo"_a)
      .def(
          "save", [](Cache& c, const Path& path) { use(c)->save(path.text); }, "path"_a, Unlocked(),
          "Write a file that load() of the same model takes back bit for bit.")
      .def(
          "load", [](Cache& c, const Path& path) { use(c)->load(path.text); }, "path"_a, Unlocked(),
          "Replace the contents by those of a file; unchanged if it raises.")
      .def("__bool__", [](Cache&) { return true; });
}

}  // namespace ondol::python
