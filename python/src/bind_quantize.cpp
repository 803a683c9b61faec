#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "arguments.hpp"
#include "bindings.hpp"
#include "ondol/quantize.hpp"

namespace ondol::python {
namespace {

/// Rows of bytes of any buffer: bytes, memoryview, uint8 array …
struct Bytes {
  explicit Bytes(const py::buffer& buffer) : info(buffer.request()) {
    if (info.itemsize != 1 || info.ndim == 0)
      throw py::type_error("expected bytes or an array of uint8, not of \"" + info.format + "\"");
    if (!PyBuffer_IsContiguous(info.view(), 'C')) throw py::value_error("expected an array that is contiguous");
  }
  [[nodiscard]] std::span<const std::byte> view() const {
    return {static_cast<const std::byte*>(info.ptr), static_cast<std::size_t>(info.size)};
  }
  py::buffer_info info;
};

/// The values move into an array of that shape, with a last axis as long as they need.
template <class Value, class Element = Value>
py::array_t<Element> to_array(std::vector<Value>&& all, std::vector<py::ssize_t> shape) {
  py::ssize_t rows = 1;
  for (std::size_t axis = 0; axis + 1 < shape.size(); ++axis) rows *= shape[axis];
  shape.back() = rows == 0 ? 0 : static_cast<py::ssize_t>(all.size()) / rows;
  auto* values = new std::vector<Value>(std::move(all));
  const py::capsule owner(values, [](void* p) { delete static_cast<std::vector<Value>*>(p); });
  return py::array_t<Element>(shape, reinterpret_cast<Element*>(values->data()), owner);
}

using Floats = py::array_t<float, py::array::c_style | py::array::forcecast>;

std::span<const float> view(const Floats& array) { return {array.data(), static_cast<std::size_t>(array.size())}; }

}  // namespace

void bind_quantize(py::module_& m) {
  py::class_<StorageType>(m, "StorageType", "How a file stores weights: in blocks along a row.")
      .def_property_readonly("name", [](const StorageType& t) { return t.name; })
      .def_readonly("block_weights", &StorageType::block_weights)
      .def_readonly("block_bytes", &StorageType::block_bytes)
      .def_property_readonly("bits_per_weight", &StorageType::bits_per_weight)
      .def_readonly("quantizable", &StorageType::quantizable, "Weights can be stored so; else it can only be read.")
      .def_readonly("needs_importance", &StorageType::needs_importance, "Only with importance.")
      .def("__repr__", [](const StorageType& t) { return "StorageType(" + std::string(t.name) + ")"; });
  m.def("storage_types", &storage_types, "All storage types that can be read.");
  m.def(
      "storage_type", [](const Text& name) { return storage_type(name); }, "name"_a,
      "The storage type of that name, in small or capital letters.");
  m.def(
      "dequantize",
      [](const Text& type, const py::buffer& buffer) {
        const Bytes bytes(buffer);
        const auto row = static_cast<std::size_t>(bytes.info.shape.back());
        std::vector<float> values;
        {
          const py::gil_scoped_release unlocked;
          values = dequantize(type, bytes.view(), row);
        }
        return to_array(std::move(values), bytes.info.shape);
      },
      "type"_a, "bytes"_a, "The float32 values of rows of blocks; the last axis is the row.");
  m.def(
      "quantize",
      [](const Text& type, const Floats& values, const std::optional<Floats>& importance, const Runtime* runtime) {
        if (values.ndim() == 0) throw py::value_error("expected an array of values, not a single one");
        const auto columns = static_cast<std::size_t>(values.shape(values.ndim() - 1));
        std::vector<std::byte> bytes;
        {
          const py::gil_scoped_release unlocked;
          bytes = quantize(type, view(values), columns, importance ? view(*importance) : std::span<const float>(),
                           runtime ? *runtime : Runtime::shared());
        }
        return to_array<std::byte, std::uint8_t>(std::move(bytes), {values.shape(), values.shape() + values.ndim()});
      },
      "type"_a, "values"_a, "importance"_a = py::none(), py::kw_only(), "runtime"_a = py::none(),
      "Rows of values as blocks of a type; the last axis is the row. importance has a number >= 0 for each column, "
      "what\n"
      "the squares of errors in it count.");
}

}  // namespace ondol::python
